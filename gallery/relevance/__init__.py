"""Works far from everything their artist has: held for a curator instead of published.

gate      judges what is new beside each indexing, before it gets into the collection
deciding  publish, hide, wrong artist: one work or many at once, undone as a whole
picture   what a curator sees of a work that is not there for anybody else

A held work is in the library and on its list of what must not be shown, like one that is hidden: no page, API, feed,
count, cluster or map can know of it.
"""
