"""The stage that builds the search graph over new works, while pages go on to be answered."""

from gallery.jobs.embedding import alone
from gallery.jobs.kinds import Task
from indexer.errors import StoreDamaged

LEAST = 2_000
"""New works from which a graph pays: fewer are searched one by one in a few milliseconds."""


def graph(task: Task) -> str | None:
    """Have the graph built on a copy of the collection if it pays; a Qdrant server does so by itself."""
    store, board = task.shop.store, task.board
    stats = store.stats()
    waiting = stats.artworks - stats.indexed
    if task.shop.settings.qdrant_url or waiting < LEAST:
        return None
    with alone(task) as mine:
        if not mine:
            return None
        board.show(task.stage, note="building it, which cannot be watched")
        try:
            if store.optimize_aside(board.stop.is_set):
                board.say(f"The search graph has {store.stats().indexed} works.")
        except StoreDamaged as error:
            return f"New works are found, but more slowly than they might be. {error}"
    return None
