"""What people may ask for: a job, its end, that it goes on or is done again; each is noted in the audit log."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gallery.db import Database, Session
from gallery.errors import AskRefused, QueueUnavailable, TooManyJobs
from gallery.jobs.kinds import KINDS
from gallery.jobs.queue import JobQueue
from gallery.models.artists import Artist, artist_by_id
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.jobs import (
    REPEATABLE,
    RESUMABLE,
    Job,
    add_job,
    ask_to_cancel,
    count_asked,
    count_queued,
    job_by_id,
    requeue,
)
from gallery.models.users import User

MOST_QUEUED = 20
MOST_AN_HOUR = 10
MOST_PREVIEWS_AN_HOUR = 60

_QUICK = ("preview", "train", "tag")
"""Kinds of which somebody asks for many: each takes seconds."""


def ask_for(
    database: Database,
    queue: JobQueue,
    kind: str,
    asked: Mapping[str, Any],
    *,
    by: User | None,
    artist: Artist | None = None,
) -> Job:
    """Have a job done; `asked` is what it is started with, as plain JSON.

    Raises `ArtistBusy` and `TooManyJobs`. Is the queue out of reach, the job waits in its row until it is back.
    """
    with database.writing() as session:
        job = ask_within(session, kind, asked, by=by, artist=artist)
    hand_over(queue, job)
    return job


def ask_within(
    session: Session, kind: str, asked: Mapping[str, Any], *, by: User | None, artist: Artist | None = None
) -> Job:
    """Do as `ask_for` does within a transaction; `hand_over` is for when it is stored."""
    _refuse_too_many(session, kind, by)
    name = artist.name if artist else str(asked.get("name", ""))
    job = Job(kind=kind, artist_id=artist.id if artist else None, user_id=by.id if by else None, asked=dict(asked))
    add_job(session, job, name)
    record(session, by, f"asked for {kind}", name, job=job.id)
    return job


def hand_over(queue: JobQueue, job: Job) -> bool:
    """Put a stored job into the queue; false if it must wait until the queue is in reach."""
    try:
        queue.put(job.id, KINDS[job.kind].lane)
    except QueueUnavailable:
        # Its row is what counts: a worker's minder puts it in later.
        return False
    return True


def cancel(database: Database, job_id: int, by: User) -> Job:
    """End a job as soon as may be; raise `JobSettled` if it has ended."""
    with database.writing() as session:
        job = _found(session, job_id)
        ask_to_cancel(session, job)
        record(session, by, "cancelled job", f"{job.kind} {job.id}")
    return job


def resume(database: Database, queue: JobQueue, job_id: int, by: User) -> Job:
    """Have a job go on from where it ended; raise `JobSettled`, `ArtistBusy` or `TooManyJobs`."""
    with database.writing() as session:
        job = _found(session, job_id)
        _refuse_too_many(session, job.kind, by, new=False)
        requeue(session, job, RESUMABLE, _artist_of(session, job))
        record(session, by, "resumed job", f"{job.kind} {job.id}")
    hand_over(queue, job)
    return job


def retry(database: Database, queue: JobQueue, job_id: int, by: User) -> Job:
    """Have a job done again from its beginning; raise `JobSettled`, `ArtistBusy` or `TooManyJobs`."""
    with database.writing() as session:
        job = _found(session, job_id)
        _refuse_too_many(session, job.kind, by, new=False)
        requeue(session, job, REPEATABLE, _artist_of(session, job))
        job.progress, job.counts, job.stage, job.started_at, job.message = {}, {}, None, None, None
        record(session, by, "retried job", f"{job.kind} {job.id}")
    hand_over(queue, job)
    return job


def _found(session: Session, job_id: int) -> Job:
    job = job_by_id(session, job_id)
    if job is None:
        raise AskRefused("The job", "is not there any more")
    return job


def _artist_of(session: Session, job: Job) -> str:
    artist = artist_by_id(session, job.artist_id) if job.artist_id is not None else None
    return artist.name if artist else str(job.asked.get("name", "this artist"))


def _refuse_too_many(session: Session, kind: str, by: User | None, *, new: bool = True) -> None:
    if count_queued(session) >= MOST_QUEUED:
        raise TooManyJobs(f"{MOST_QUEUED} jobs are waiting already.", "Wait until some have ended, or cancel them.")
    if not new or by is None:
        return
    kinds = [kind] if kind in _QUICK else [name for name in KINDS if name not in _QUICK]
    most = MOST_PREVIEWS_AN_HOUR if kind in _QUICK else MOST_AN_HOUR
    if count_asked(session, by.id, now() - timedelta(hours=1), kinds) >= most:
        raise TooManyJobs(f"You have asked for {most} of these in the last hour.", "Wait a while before the next.")
