"""The stage after embedding: what people decided is put back, and new works find their clusters and their places."""

from gallery.clusters.running import join_new
from gallery.holdings.house import House
from gallery.holdings.repair import after_indexing
from gallery.jobs.clustering import ask_after_growth
from gallery.jobs.kinds import Task
from gallery.jobs.mapping import place_new
from indexer.graph.laying import lay
from indexer.portraits.painting import paint


def arrange(task: Task) -> str | None:
    """Apply the corrections of all works again, and put new works into their nearest clusters."""
    shop = task.shop
    after_indexing(House.of(shop.settings, shop.database, shop.store))
    joined = join_new(shop.database, shop.store)
    if joined:
        task.board.say(f"{joined} new works joined their nearest clusters.")
    ask_after_growth(shop)
    place_new(task)
    return " ".join(filter(None, (lay_paths(task), paint_portraits(task)))) or None


def paint_portraits(task: Task) -> str | None:
    """Sum up what the works of each artist and movement are like; what was known stays where that cannot be written."""
    task.board.show(task.stage, note="summing up artists")
    try:
        paint(task.shop.store, task.shop.settings.portraits_file)
    except OSError as error:
        return f"What artists are like cannot be written: {(error.strerror or str(error)).lower()}."
    return None


def lay_paths(task: Task) -> str | None:
    """Bring the graph that paths lead along up to date; the one before stays where that cannot be written."""

    def told(done: int, total: int) -> None:
        task.board.show(task.stage, note="laying paths", done=done, total=total)

    try:
        lay(task.shop.settings.graph_dir, task.shop.store, stopped=task.board.stop.is_set, told=told)
    except OSError as error:
        return f"The graph of neighbours cannot be written: {(error.strerror or str(error)).lower()}."
    return None
