"""The process that builds a search graph: `python -m indexer.store.edge_graph FOLDER`, started by `edge_aside`.

The engine holds the interpreter's lock meanwhile, so that no thread of ours could see that the parent has gone:
the system does, by a signal that ends this process when the pipe on its stdin is closed.
"""

import fcntl
import os
import select
import signal
import sys
from pathlib import Path

import qdrant_edge as qe

from scraper.disk import flush
from scraper.priority import step_back

_NICE = 10


def main() -> None:
    """Build the graph of the shard in a folder and make all its files last."""
    folder = Path(sys.argv[1])
    _end_with_parent()
    step_back(_NICE)
    shard = qe.EdgeShard.load(str(folder))
    shard.optimize()
    shard.flush()
    shard.close()
    for path in (*folder.rglob("*"), folder):
        flush(path)


def _end_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # SIGIO ends a process that has no handler for it, on Linux; elsewhere an orphan works to its end.
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    line = select.poll()
    line.register(0, select.POLLHUP)
    if line.poll(0):
        # It went before we had asked for the signal.
        sys.exit(1)


if __name__ == "__main__":
    main()
