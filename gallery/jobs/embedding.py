"""The stage that embeds: the pipeline in a process of its own, the collection in this one."""

from threading import Lock

from gallery.errors import StageFailed
from gallery.holdings.house import House
from gallery.holdings.repair import before_indexing
from gallery.jobs.kinds import Task
from indexer.errors import IndexingDied, IndexingFailed
from indexer.pipeline.apart import index_apart
from indexer.pipeline.outcome import Standing

_MOST_NAMED = 20
# The whole library is brought up to date: a second run beside the first would do the same work.
_ALONE = Lock()


def embed(task: Task) -> str | None:
    """Bring collection and thumbnails up to what the library says."""
    shop, board = task.shop, task.board
    board.show(task.stage, note="waiting for another job to be embedded")
    while not _ALONE.acquire(timeout=0.5):
        if board.stop.is_set():
            return None
    try:
        board.show(task.stage, note="")

        def watch(standing: Standing) -> None:
            known = {"note": standing.stage, "failed": standing.failed}
            total = {"done": standing.done, "total": standing.total} if standing.total else {}
            board.show(task.stage, **known, **total)

        amended = before_indexing(House.of(shop.settings, shop.database, shop.store))
        outcome = index_apart(
            shop.settings,
            shop.store,
            max_pixels=shop.scraping.max_pixels,
            amended=amended,
            stopped=board.stop.is_set,
            watch=watch,
            notice=board.say,
        )
    except (IndexingFailed, IndexingDied) as error:
        if board.stop.is_set():
            return None
        raise StageFailed(str(error)) from error
    finally:
        _ALONE.release()
    board.count(embedded=outcome.embedded, updated=outcome.refreshed, failed=len(outcome.failures))
    for failure in outcome.failures[:_MOST_NAMED]:
        board.say(str(failure))
    failed = len(outcome.failures)
    return (
        f"{failed} {'picture' if failed == 1 else 'pictures'} could not be used; the log names them."
        if failed
        else None
    )
