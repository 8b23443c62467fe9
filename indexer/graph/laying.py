"""The graph's file brought up to what the collection holds, by whoever has just changed that."""

from collections.abc import Callable
from pathlib import Path

from indexer.errors import StoreMissing
from indexer.graph.file import graph_path, read, write
from indexer.graph.renew import Told, renew
from indexer.store import ArtworkStore


def lay(
    folder: Path,
    store: ArtworkStore,
    *,
    stopped: Callable[[], bool] = lambda: False,
    told: Told = lambda done, total: None,
) -> bool:
    """Bring the graph in a folder up to date, and return whether that is done: not if it was stopped or is empty.

    Raises `StoreError`, and OSError if the file cannot be written; the one before stays then.
    """
    try:
        card = store.stats().card
    except StoreMissing:
        return False
    assert card is not None
    path = graph_path(folder, card)
    records = renew(store, read(path), stopped=stopped, told=told)
    if records is None:
        return False
    write(path, records)
    return True
