"""The stage that lays out the map, and how new works come onto it between two layouts."""

from gallery.errors import StageFailed, TooManyJobs
from gallery.jobs.asking import ask_for
from gallery.jobs.kinds import Task
from gallery.models.jobs import unended
from gallery.settings import GallerySettings
from indexer.atlas.errors import LayoutStopped, MapError
from indexer.atlas.keeping import MapHome, keep, make_map


def home_of(settings: GallerySettings) -> MapHome:
    """Return where the map of the collection is kept."""
    return MapHome(settings.map_dir, settings.thumbnails_dir)


def lay_out(task: Task) -> str | None:
    """Lay the collection out anew; what the page shows stays until that is done."""
    board = task.board

    def watch(what: str, share: float) -> None:
        board.show(task.stage, note=what, done=round(100 * share), total=100)

    try:
        made = make_map(
            task.shop.store,
            home_of(task.shop.settings),
            seed=task.job.asked.get("seed", 0),
            watch=watch,
            stopped=board.stop.is_set,
        )
    except LayoutStopped:
        return None
    except MapError as error:
        raise StageFailed(str(error)) from error
    board.say(f"{len(made.hashes):,} works on the map.")
    return None


def place_new(task: Task) -> None:
    """Put works that came beside their neighbours, and ask for a new layout after as many as the settings name.

    It is asked for too when some find no place.
    """
    shop = task.shop
    kept = keep(shop.store, home_of(shop.settings))
    if kept and kept.joined:
        task.board.say(f"{kept.joined} new works found their places on the map.")
    if kept and kept.left:
        task.board.say(f"{kept.left} works are not on the map until it is laid out anew.")
    most = shop.settings.map_after
    if not (kept and kept.left) and (not most or (kept is not None and kept.new < most)):
        return
    with shop.database.reading() as session:
        waits = unended(session, "map")
    if not waits:
        try:
            ask_for(shop.database, shop.queue, "map", {"name": "all works"}, by=None)
        except TooManyJobs:
            # Asked again the next time: a full queue is no hurry.
            return
