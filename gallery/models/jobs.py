"""Jobs as people see them: who asked for what, how far it is, and what came of it.

The row is the truth. Whoever works on a job has claimed it by a conditional update, and goes on only while the row
still says so; queues carry nothing but ids.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast, get_args

from sqlalchemy import ColumnElement, CursorResult, ForeignKey, Index, String, Text, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.errors import ArtistBusy, JobSettled
from gallery.models.base import Base, now, one_of

State = Literal["queued", "running", "done", "partly", "failed", "cancelled", "interrupted"]
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("queued", "running")
# Ended before its end: to go on is to do what is left.
RESUMABLE: tuple[State, ...] = ("interrupted", "cancelled", "failed", "partly")
# To do it all again finds what is new by now.
REPEATABLE: tuple[State, ...] = ("done", "partly", "failed", "cancelled")


class Job(Base):
    """One job; `asked` holds what it was started with, `progress` how far each source and stage is.

    `counts` sums up what was found, stored and skipped; `message` is the sentence people read first;
    `worker` names the process that works on it, `pid` the one it has collecting, `heartbeat_at` tells whether
    the former still lives. One that something out of reach interrupted goes on by itself at `resume_at`.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", STATES),
        # The database itself refuses a second live job for an artist, whichever process starts it.
        Index(
            "one_live_job_per_artist",
            "artist_id",
            unique=True,
            sqlite_where=one_of("state", LIVE).sqltext,
            postgresql_where=one_of("state", LIVE).sqltext,
        ),
        Index("ix_jobs_state_created_at", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artists.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    state: Mapped[State] = mapped_column(String(16), default="queued")
    stage: Mapped[str | None] = mapped_column(String(32))
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message: Mapped[str | None] = mapped_column(Text)
    log: Mapped[str] = mapped_column(Text, default="")
    pid: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(120))
    cancel_asked_at: Mapped[datetime | None]
    resume_at: Mapped[datetime | None]

    @property
    def live(self) -> bool:
        """Whether it waits or goes on."""
        return self.state in LIVE


class JobPage(NamedTuple):
    """One page of jobs, newest first; `total` counts all that match."""

    jobs: Sequence[Job]
    total: int


def add_job(session: Session, job: Job, artist: str) -> Job:
    """Store a new job; raise `ArtistBusy`, with the artist's name, if there is a live one for its artist."""
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError as error:
        raise ArtistBusy(artist) from error
    return job


def job_by_id(session: Session, job_id: int) -> Job | None:
    """Return the job with this id."""
    return session.get(Job, job_id)


def job_page(session: Session, number: int, size: int, state: State | None, kind: str | None) -> JobPage:
    """Return a page of jobs, newest first."""
    alike: list[ColumnElement[bool]] = [*([Job.state == state] if state else []), *([Job.kind == kind] if kind else [])]
    newest = select(Job).where(*alike).order_by(Job.id.desc()).limit(size).offset((number - 1) * size)
    total = session.scalar(select(func.count()).select_from(Job).where(*alike)) or 0
    return JobPage(session.scalars(newest).all(), total)


def count_queued(session: Session) -> int:
    """Return how many jobs wait."""
    return session.scalar(select(func.count()).select_from(Job).where(Job.state == "queued")) or 0


def count_asked(session: Session, user_id: int | None, since: datetime, kinds: Sequence[str]) -> int:
    """Return how many jobs of these kinds somebody has asked for since a moment."""
    asked = select(func.count()).select_from(Job)
    return session.scalar(asked.where(Job.user_id == user_id, Job.created_at > since, Job.kind.in_(kinds))) or 0


def claim(session: Session, job_id: int, worker: str) -> bool:
    """Take a queued job for a process; tell whether it is ours now, which it is for one process at most."""
    moment = now()
    return _changed(
        session,
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(
            state="running",
            worker=worker,
            started_at=func.coalesce(Job.started_at, moment),
            heartbeat_at=moment,
            finished_at=None,
            resume_at=None,
            message=None,
        ),
    )


def requeue(session: Session, job: Job, states: Sequence[State], artist: str) -> None:
    """Put an ended job back into the queue; raise `JobSettled` if it is in no such state, or `ArtistBusy`."""
    waiting = {"state": "queued", "worker": None, "pid": None, "cancel_asked_at": None, "resume_at": None}
    again = update(Job).where(Job.id == job.id, Job.state.in_(states)).values(**waiting, finished_at=None)
    try:
        with session.begin_nested():
            found = _changed(session, again)
    except IntegrityError as error:
        raise ArtistBusy(artist) from error
    if not found:
        raise JobSettled(job.id, job.state)
    session.refresh(job)


def ask_to_cancel(session: Session, job: Job) -> None:
    """End a waiting job, and ask whoever works on a running one to stop; raise `JobSettled` if it has ended."""
    moment = now()
    waiting = update(Job).where(Job.id == job.id, Job.state == "queued")
    if not _changed(session, waiting.values(state="cancelled", finished_at=moment, message="Cancelled while waiting.")):
        running = update(Job).where(Job.id == job.id, Job.state == "running")
        if not _changed(session, running.values(cancel_asked_at=moment)):
            raise JobSettled(job.id, job.state)
    session.refresh(job)


def write_standing(session: Session, job_id: int, worker: str, /, **values: Any) -> bool:
    """Write what has become of a running job, and that its worker lives; tell whether it is still that worker's."""
    mine = update(Job).where(Job.id == job_id, Job.state == "running", Job.worker == worker)
    return _changed(session, mine.values(heartbeat_at=now(), **values))


def last_runs(session: Session, kinds: Sequence[str]) -> dict[int, int]:
    """Return the id of each artist's latest job of these kinds, by the artist's id."""
    latest = select(Job.artist_id, func.max(Job.id)).where(Job.artist_id.is_not(None), Job.kind.in_(kinds))
    return {artist: job for artist, job in session.execute(latest.group_by(Job.artist_id)) if artist is not None}


def live_job(session: Session, artist_id: int) -> Job | None:
    """Return the job of an artist that waits or goes on."""
    return session.scalar(select(Job).where(Job.artist_id == artist_id, Job.state.in_(LIVE)))


def last_asked(session: Session, artist_id: int, kind: str) -> Job | None:
    """Return an artist's latest job of a kind."""
    return session.scalar(
        select(Job).where(Job.artist_id == artist_id, Job.kind == kind).order_by(Job.id.desc()).limit(1)
    )


def last_created(session: Session, kind: str) -> datetime | None:
    """Return when a job of this kind was last asked for."""
    return session.scalar(select(func.max(Job.created_at)).where(Job.kind == kind))


def unended(session: Session, kind: str) -> bool:
    """Tell whether a job of this kind waits or is worked on."""
    return session.scalar(select(Job.id).where(Job.kind == kind, Job.state.in_(LIVE)).limit(1)) is not None


def waiting_jobs(session: Session) -> Sequence[int]:
    """Return the ids of all queued jobs, oldest first."""
    return session.scalars(select(Job.id).where(Job.state == "queued").order_by(Job.id)).all()


def running_jobs(session: Session) -> Sequence[Job]:
    """Return the jobs that somebody says to be working on."""
    return session.scalars(select(Job).where(Job.state == "running").order_by(Job.id)).all()


def due_jobs(session: Session) -> Sequence[Job]:
    """Return the interrupted jobs whose time to go on has come."""
    due = select(Job).where(Job.state == "interrupted", Job.resume_at <= now()).order_by(Job.id)
    return session.scalars(due).all()


def old_jobs(session: Session, kind: str, age: timedelta) -> Sequence[Job]:
    """Return the ended jobs of a kind that are older than this."""
    before = now() - age
    ended = or_(Job.finished_at < before, Job.created_at < before - age)
    return session.scalars(select(Job).where(Job.kind == kind, Job.state.not_in(LIVE), ended)).all()


def unfinished_jobs(session: Session, kind: str) -> Sequence[Job]:
    """Return the jobs of a kind that go on, or may be let go on."""
    return session.scalars(select(Job).where(Job.kind == kind, Job.state.in_((*LIVE, *RESUMABLE)))).all()


def interrupt(session: Session, job: Job, message: str) -> bool:
    """Note that nobody works on a job any more, unless its worker has written meanwhile; tell whether it was so."""
    dead = update(Job).where(Job.id == job.id, Job.state == "running", Job.heartbeat_at == job.heartbeat_at)
    ended = {"state": "interrupted", "finished_at": now(), "pid": None, "worker": None, "cancel_asked_at": None}
    return _changed(session, dead.values(**ended, message=message))


def _changed(session: Session, statement: Any) -> bool:
    done = cast("CursorResult[Any]", session.execute(statement, execution_options={"synchronize_session": False}))
    return done.rowcount == 1
