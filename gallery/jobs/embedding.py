"""The stage that embeds: the pipeline in a process of its own, the collection in this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock

from gallery.errors import StageFailed
from gallery.holdings.house import House
from gallery.holdings.repair import before_indexing
from gallery.jobs.kinds import Task
from gallery.quality.finding import measuring
from gallery.relevance.gate import Gate
from gallery.wording import counted
from indexer.errors import IndexingDied, IndexingFailed
from indexer.pipeline.apart import index_apart
from indexer.pipeline.outcome import Standing

_MOST_NAMED = 20
# The whole library is brought up to date: a second run beside the first would do the same work.
_ALONE = Lock()


def embed(task: Task) -> str | None:
    """Bring collection and thumbnails up to what the library says."""
    shop, board = task.shop, task.board
    with alone(task) as mine:
        if not mine:
            return None
        house = House.of(shop.settings, shop.database, shop.store)
        amended = before_indexing(house)
        try:
            outcome = index_apart(
                shop.settings,
                shop.store,
                max_pixels=shop.scraping.max_pixels,
                amended=amended,
                stopped=board.stop.is_set,
                watch=partial(_show, task),
                notice=board.say,
                hold=Gate(house, shop.settings.hold),
                measuring=measuring(shop.database),
            )
        except (IndexingFailed, IndexingDied) as error:
            if board.stop.is_set():
                return None
            raise StageFailed(str(error)) from error
    if outcome.held:
        board.count(held=outcome.held)
        waiting = counted(outcome.held, "work waits", "works wait")
        board.say(f"{waiting} to be looked at: far from all that the artist has (Held, on the desk).")

    board.count(embedded=outcome.embedded, updated=outcome.refreshed, failed=len(outcome.failures))
    for failure in outcome.failures[:_MOST_NAMED]:
        board.say(str(failure))
    if not outcome.failures:
        return None
    return f"{counted(len(outcome.failures), 'picture')} could not be used; the log names them."


def _show(task: Task, standing: Standing) -> None:
    known = {"note": standing.stage, "failed": standing.failed}
    total = {"done": standing.done, "total": standing.total} if standing.total else {}
    task.board.show(task.stage, **known, **total)
    for part, (done, whole) in standing.parts.items():
        if whole:
            task.board.show(part, state="running", done=done, total=whole)


@contextmanager
def alone(task: Task) -> Iterator[bool]:
    """Be the one job that works on the whole collection; false if it was told to stop while it waited for another."""
    task.board.show(task.stage, note="waiting for another job to be embedded")
    while not _ALONE.acquire(timeout=0.5):
        if task.board.stop.is_set():
            yield False
            return
    try:
        task.board.show(task.stage, note="")
        yield True
    finally:
        _ALONE.release()
