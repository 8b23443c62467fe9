"""Runs of clustering, and what curators said and decided about clusters; ids of clusters outlive runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import JSON, Float, ForeignKey, Index, String, Text, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from gallery.models.base import Base, now, one_of

RunState = Literal["running", "done", "failed", "stopped"]
RUN_STATES: tuple[RunState, ...] = get_args(RunState)

SILENCE = timedelta(minutes=5)
"""A running run that says nothing for so long has died with its process."""

LONGEST_NAME = 120


class ClusterRun(Base):
    """One run: why and how it was made, and what came of it.

    `asked_k` is None where the number was chosen, from `curve`; `result` is the run as
    `indexer.clustering.runs.Run.to_dict` writes it, `changes` the genealogy against the run before,
    `stability` maps ids of clusters to 0..1. Only a run that is `done` has these.
    """

    __tablename__ = "cluster_runs"
    __table_args__ = (
        one_of("state", RUN_STATES),
        # The database itself refuses a second run beside one that goes on, whichever process starts it.
        Index(
            "one_cluster_run_at_a_time",
            "state",
            unique=True,
            sqlite_where=one_of("state", ("running",)).sqltext,
            postgresql_where=one_of("state", ("running",)).sqltext,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RunState] = mapped_column(String(16), default="running")
    reason: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    lens: Mapped[str] = mapped_column(String(32))
    asked_k: Mapped[int | None]
    engine: Mapped[str] = mapped_column(String(32))
    seed: Mapped[int]
    works: Mapped[int | None]
    clusters: Mapped[int | None]
    loss: Mapped[float | None] = mapped_column(Float)
    silhouette: Mapped[float | None] = mapped_column(Float)
    curve: Mapped[list[Any] | None] = mapped_column(JSON)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    stability: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    message: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(default=now)
    heartbeat_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class ClusterCard(Base):
    """A cluster as pages show it, made whenever clusters change so that a page need not count anything.

    `shown` holds the payloads of its medoid, typical, borderline and outlying works, `facts` what is said of it.
    """

    __tablename__ = "cluster_cards"

    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("cluster_runs.id", ondelete="CASCADE"))
    size: Mapped[int]
    shown: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]


class ClusterNote(Base):
    """What curators said of a cluster; it stays with the id, whatever runs make of its members."""

    __tablename__ = "cluster_notes"

    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    description: Mapped[str | None] = mapped_column(Text)
    cover: Mapped[str | None] = mapped_column(String(36))
    theme: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class ClusterDecision(Base):
    """A curator's change of clusters, as `indexer.clustering.decisions` writes it; undone ones are kept."""

    __tablename__ = "cluster_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[dict[str, Any]]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


def last_run(session: Session) -> ClusterRun | None:
    """Return the last finished run: the one that pages show."""
    done = select(ClusterRun).where(ClusterRun.state == "done")
    return session.scalar(done.order_by(ClusterRun.id.desc()).limit(1))


def run_by_id(session: Session, run_id: int) -> ClusterRun | None:
    """Return one run."""
    return session.get(ClusterRun, run_id)


def runs(session: Session, most: int) -> Sequence[ClusterRun]:
    """Return the latest runs, newest first, without what they found."""
    newest = select(ClusterRun).order_by(ClusterRun.id.desc()).limit(most)
    return session.scalars(newest.options(defer(ClusterRun.result), defer(ClusterRun.changes))).all()


def changes_of_runs(session: Session, most: int) -> Sequence[ClusterRun]:
    """Return the latest finished runs with what they changed, newest first."""
    done = select(ClusterRun).where(ClusterRun.state == "done").order_by(ClusterRun.id.desc()).limit(most)
    return session.scalars(done.options(defer(ClusterRun.result))).all()


def running_run(session: Session) -> ClusterRun | None:
    """Return the run that goes on; one that has fallen silent is marked as failed first, in a writing session."""
    silent = update(ClusterRun).where(ClusterRun.state == "running", ClusterRun.heartbeat_at < now() - SILENCE)
    session.execute(silent.values(state="failed", finished_at=now(), message="Its process ended before it was done."))
    return session.scalar(select(ClusterRun).where(ClusterRun.state == "running"))


def notes(session: Session) -> dict[int, ClusterNote]:
    """Return what curators said, by cluster."""
    return {note.cluster: note for note in session.scalars(select(ClusterNote))}


def cards(session: Session) -> Sequence[ClusterCard]:
    """Return all clusters as pages show them, the largest first."""
    return session.scalars(select(ClusterCard).order_by(ClusterCard.size.desc(), ClusterCard.cluster)).all()


def card_of(session: Session, cluster: int) -> ClusterCard | None:
    """Return one cluster as pages show it."""
    return session.get(ClusterCard, cluster)


def replace_cards(session: Session, made: Iterable[ClusterCard]) -> None:
    """Let these be all the clusters that pages show."""
    session.execute(delete(ClusterCard))
    session.add_all(made)
    session.flush()


def note_of(session: Session, cluster: int) -> ClusterNote:
    """Return the note of a cluster, a new one if there is none; in a writing session."""
    found = session.get(ClusterNote, cluster)
    if found is None:
        found = ClusterNote(cluster=cluster)
        session.add(found)
        session.flush()
    return found


def decisions(session: Session) -> Sequence[ClusterDecision]:
    """Return the decisions that stand, oldest first."""
    standing = select(ClusterDecision).where(ClusterDecision.undone_at.is_(None))
    return session.scalars(standing.order_by(ClusterDecision.id)).all()


def recent_decisions(session: Session, most: int) -> Sequence[ClusterDecision]:
    """Return the latest decisions, undone ones too, newest first."""
    return session.scalars(select(ClusterDecision).order_by(ClusterDecision.id.desc()).limit(most)).all()


def decision_by_id(session: Session, decision_id: int) -> ClusterDecision | None:
    """Return one decision."""
    return session.get(ClusterDecision, decision_id)


def add_decision(session: Session, decision: ClusterDecision) -> None:
    """Store a new decision and give it its id."""
    session.add(decision)
    session.flush()


def begin_run(session: Session, run: ClusterRun) -> bool:
    """Store a new run that goes on; tell whether none did already."""
    if running_run(session) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:
        # Another process was quicker: the index lets one row be running.
        return False
    return True
