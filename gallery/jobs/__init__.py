"""Work that takes longer than a page: asked for on the desk, done by a worker, told in its row in the database.

asking ──> a row, and its id into the queue          (any process that serves pages)

queue ──> worker ──> work.claim                      (the serving process, or `gallery work`)
             │          └─> kinds: the stages of each kind of job, one after the other
             │                 ├─ collecting ──> collector   a process of its own: network, browser, pictures
             │                 ├─ embedding  ──> indexer.pipeline.apart   another: the network
             │                 └─ arranging      corrections and clusters
             └─ minder: rows whose worker died, rows that no queue knows of, rows whose time has come
"""
