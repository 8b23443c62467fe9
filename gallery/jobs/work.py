"""One job from its claim to its end: stage after stage, each of which may be cut short and done again."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from gallery.errors import DatabaseError, StageFailed
from gallery.jobs.board import Board
from gallery.jobs.kinds import KINDS, Shop, Stage, Task
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.jobs import Job, State, claim, job_by_id, write_standing
from gallery.models.users import user_by_id
from gallery.wording import counted
from indexer.errors import IndexerError, StoreUnavailable
from scraper.errors import ScraperError

log = logging.getLogger(__name__)

RESUME_AFTER = timedelta(seconds=30)
"""How soon a job goes on that something out of reach has interrupted."""

_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What a job ends as, in a word and a sentence; `again` says that it goes on by itself."""

    state: State
    message: str
    again: bool = False


def work(shop: Shop, job_id: int) -> None:
    """Work on a job, if it is still to be worked on by anybody; whatever happens ends in its row.

    Raises `DatabaseError` if it cannot even be claimed: it then waits in its row.
    """
    with shop.database.writing() as session:
        if shop.closing.is_set() or not claim(session, job_id, shop.name):
            return
        job = job_by_id(session, job_id)
    assert job is not None
    with Board(shop.database, job, shop.name, shop.closing) as board:
        ending = _through(shop, job, board)
    _end(shop, job, board, ending)


def _through(shop: Shop, job: Job, board: Board) -> Ending:
    kind = KINDS.get(job.kind)
    if kind is None:
        return Ending("failed", f"This gallery knows no jobs of the kind {job.kind}.")
    remarks: list[str] = []
    try:
        for stage in kind.stages:
            if stage.within is None and not board.finished(stage.name):
                _do(shop, job, board, stage, remarks)
            if board.stop.is_set():
                return _cut_short(board)
    except StageFailed as failed:
        return Ending("failed", str(failed))
    except (StoreUnavailable, DatabaseError) as outage:
        log.warning("job %s: %s", job.id, outage)
        what = "The collection" if isinstance(outage, StoreUnavailable) else "The database"
        return Ending("interrupted", f"{what} could not be reached. The job goes on by itself when it can.", again=True)
    except (IndexerError, ScraperError) as error:
        return Ending("failed", str(error))
    except Exception as error:
        log.exception("job %s", job.id)
        return Ending("failed", f"Something broke ({type(error).__name__}); the site's log says what.")
    return Ending("partly", " ".join(remarks)) if remarks else Ending("done", _sums(board))


def _do(shop: Shop, job: Job, board: Board, stage: Stage, remarks: list[str]) -> None:
    board.begin(stage.name, stage.seconds(shop))
    remark = stage.load()(Task(shop, job, board, stage.name))
    if board.stop.is_set():
        return
    for each in KINDS[job.kind].stages:
        if stage.name in (each.name, each.within):
            board.show(each.name, state="partly" if remark else "done")
    if remark:
        board.say(remark)
        remarks.append(remark)


def _cut_short(board: Board) -> Ending:
    if board.why == "cancelled":
        return Ending("cancelled", "Cancelled. What had been kept is kept; Resume goes on from there.")
    if board.why == "deadline":
        return Ending("failed", "Out of time. What had been kept is kept; Resume goes on from there.")
    return Ending("interrupted", "The worker was stopped. Resume goes on from where it was.")


def _sums(board: Board) -> str:
    counts = board.counts
    if "packed" in counts:
        return f"{counts['packed']:,} works packed, {counts['withheld']:,} left out. It waits on the page of exports."
    if "embedded" not in counts:
        return "Done."
    new, embedded = counts.get("new", 0), counts["embedded"]
    held = f", {counts['held']} held to be looked at" if "held" in counts else ""
    return f"{counted(new, 'new work')} collected, {embedded} embedded{held}."


def _end(shop: Shop, job: Job, board: Board, ending: Ending) -> None:
    """Write how a job ended, waiting for the database if it has to be; a process that closes leaves it to the next."""
    pause = 0.5
    while True:
        try:
            _write(shop, job, board, ending)
            return
        except DatabaseError as error:
            log.warning("job %s: %s", job.id, error)
        if shop.closing.is_set():
            return
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _write(shop: Shop, job: Job, board: Board, ending: Ending) -> None:
    moment = now()
    board.say(ending.message)
    ended = {"state": ending.state, "message": ending.message, "finished_at": moment, "worker": None}
    again = moment + RESUME_AFTER if ending.again else None
    with shop.database.writing() as session:
        if write_standing(session, job.id, shop.name, **(board.values() | ended | {"resume_at": again, "pid": None})):
            asker = user_by_id(session, job.user_id) if job.user_id is not None else None
            record(session, asker, f"job {ending.state}", f"{job.kind} {job.id}", what=ending.message)
