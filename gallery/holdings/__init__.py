"""What the gallery holds and what it does not show: deciding it, finding it, and making good what was cut short.

    database            who decided what, and why            (accounts, audit log, takedowns, artists)
    library's own list  what must not come back, or be shown (scraper.withdrawn), heeded by scrapes and by indexing
    library, collection, thumbnails                          from which the works then go

A decision is in the first two before anything is removed. A removal that is cut short is finished by the next run of
indexing, whichever way it is started.
"""
