"""A process that works on jobs: threads that take them from the queue, and one that minds their rows."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread

from gallery.db import Database
from gallery.errors import ArtistBusy, DatabaseError, JobSettled, QueueUnavailable
from gallery.jobs.clock import ask_when_due
from gallery.jobs.kinds import KINDS, Shop
from gallery.jobs.queue import JobQueue
from gallery.jobs.uploads import is_token
from gallery.jobs.work import work
from gallery.models.base import now
from gallery.models.jobs import (
    Job,
    due_jobs,
    interrupt,
    job_by_id,
    old_jobs,
    requeue,
    running_jobs,
    unfinished_jobs,
    waiting_jobs,
)
from gallery.processes import lives, this_process
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore
from scraper.settings import ScraperSettings

log = logging.getLogger(__name__)

DEAD_AFTER = timedelta(seconds=60)
"""A row whose worker has been silent for so long belongs to nobody."""

_EVERY_SECONDS = 5.0
_PREVIEWS_LAST = timedelta(hours=24)
_KILLED = "The worker ended in the middle of it. Resume goes on from where it was."


@contextmanager
def working(
    settings: GallerySettings, scraping: ScraperSettings, database: Database, store: ArtworkStore, queue: JobQueue
) -> Iterator[Shop]:
    """Work on jobs in threads of this process until the end of the block, which interrupts what is under way."""
    name = this_process()
    shop = Shop(settings, scraping, database, store, queue, name, Event())
    # What this process, by its number, was working on was another's: it has only just begun.
    with suppress(DatabaseError):
        recover(shop, beginning=True)
    minder = Thread(target=_mind, args=[shop], name="minder", daemon=True)
    queue.start(lambda job_id: _work(shop, job_id), {"jobs": settings.workers, "previews": 1})
    minder.start()
    try:
        yield shop
    finally:
        shop.closing.set()
        queue.stop()
        minder.join()


def _work(shop: Shop, job_id: int) -> None:
    try:
        work(shop, job_id)
    except DatabaseError as error:
        log.warning("job %s waits: %s", job_id, error)
    except Exception:
        log.exception("job %s", job_id)


def _mind(shop: Shop) -> None:
    while not shop.closing.is_set():
        try:
            recover(shop)
            go_on(shop)
            deliver(shop)
            clear_away(shop)
            ask_when_due(shop)
        except (DatabaseError, QueueUnavailable) as error:
            log.warning("%s", error)
        shop.closing.wait(_EVERY_SECONDS)


def recover(shop: Shop, *, beginning: bool = False) -> None:
    """Mark the jobs whose worker has died as interrupted."""
    with shop.database.reading() as session:
        dead = [job for job in running_jobs(session) if _is_dead(job, shop, beginning)]
    if dead:
        with shop.database.writing() as session:
            for job in dead:
                if interrupt(session, job, _KILLED):
                    log.warning("job %s: its worker %s ended in the middle of it", job.id, job.worker)


def _is_dead(job: Job, shop: Shop, beginning: bool) -> bool:
    host, _, pid = (job.worker or "").rpartition(":")
    if host == shop.name.rpartition(":")[0] and pid.isdigit():
        if job.worker == shop.name:
            return beginning
        if not lives(int(pid)):
            return True
    return job.heartbeat_at is None or now() - job.heartbeat_at > DEAD_AFTER


def go_on(shop: Shop) -> None:
    """Put jobs back into the queue that wait for something to be in reach again."""
    with shop.database.reading() as session:
        due = due_jobs(session)
    for job in due:
        with suppress(ArtistBusy, JobSettled), shop.database.writing() as session:
            found = job_by_id(session, job.id)
            if found is not None:
                requeue(session, found, ("interrupted",), "the artist")


def deliver(shop: Shop) -> None:
    """Put the ids of waiting jobs into the queue that it does not carry: it was out of reach, or lost them."""
    with shop.database.reading() as session:
        waiting = [(job_id, job_by_id(session, job_id)) for job_id in waiting_jobs(session)]
    for job_id, job in waiting:
        kind = KINDS.get(job.kind) if job else None
        lane = kind.lane if kind else "jobs"
        if not shop.queue.carries(job_id, lane):
            shop.queue.put(job_id, lane)


def clear_away(shop: Shop) -> None:
    """Remove what was fetched or uploaded for previews that nobody started anything from, and is not used by a job."""
    if not (shop.settings.previews_dir.is_dir() or shop.settings.uploads_dir.is_dir()):
        return
    with shop.database.reading() as session:
        old = old_jobs(session, "preview", _PREVIEWS_LAST)
        wanted = {job.asked.get("upload") for job in unfinished_jobs(session, "upload")}
    for job in old:
        shutil.rmtree(shop.settings.previews_dir / str(job.id), ignore_errors=True)
        if (token := job.asked.get("upload")) and token not in wanted and is_token(token):
            shutil.rmtree(shop.settings.uploads_dir / token, ignore_errors=True)
