"""The stage that clusters the collection, and when a run is due by itself: by the clock, or after many new works."""

from gallery.clusters.running import Asked, cluster_collection
from gallery.clusters.scope import Scope
from gallery.errors import ClusteringBusy, StageFailed, TooManyJobs
from gallery.jobs.asking import ask_for
from gallery.jobs.kinds import Shop, Task
from gallery.models.clusters import last_run
from gallery.models.jobs import unended
from gallery.models.users import user_by_id
from indexer.clustering.watch import Watch
from indexer.errors import ClusteringError, ClusteringStopped
from indexer.store.model import CONTENT


def cluster(task: Task) -> str | None:
    """Make a run as the job asks for it; what pages show stays as it is until it is done."""
    board, asked = task.board, task.job.asked

    def progress(what: str, share: float) -> None:
        board.show(task.stage, note=what, done=round(100 * share), total=100)

    wanted = Asked(
        reason=asked.get("reason", "button"),
        k=asked.get("k"),
        seed=asked.get("seed", 0),
        engine=task.shop.settings.cluster_engine,
        scope=Scope(asked.get("lens", CONTENT), asked.get("artist"), asked.get("movement")),
    )
    with task.shop.database.reading() as session:
        by = user_by_id(session, task.job.user_id) if task.job.user_id else None
    try:
        run = cluster_collection(
            task.shop.database, task.shop.store, wanted, by=by, watch=Watch(progress, board.stop.is_set)
        )
    except ClusteringStopped:
        return None
    except (ClusteringBusy, ClusteringError) as error:
        raise StageFailed(str(error)) from error
    board.say(f"{run.works} works in {run.clusters} clusters.")
    return None


def ask_after_growth(shop: Shop) -> None:
    """Ask for a run when as many works have joined since the last one as the settings name."""
    if not shop.settings.cluster_after:
        return
    with shop.database.reading() as session:
        row, waits = last_run(session), unended(session, "cluster")
    known = len(row.result["members"]) - (row.works or 0) if row and row.result else shop.store.stats().artworks
    if known >= shop.settings.cluster_after and not waits:
        _ask(shop, f"{known} new works")


def _ask(shop: Shop, reason: str) -> None:
    try:
        ask_for(shop.database, shop.queue, "cluster", {"reason": reason}, by=None)
    except TooManyJobs:
        # Asked again the next time: a full queue is no hurry.
        return
