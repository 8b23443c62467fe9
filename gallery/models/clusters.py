"""Runs of clustering, and what curators said and decided about clusters; ids of clusters outlive runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import JSON, Float, ForeignKey, Index, String, Text, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from gallery.models.base import Base, now, one_of
from gallery.processes import has_ended, this_process

RunState = Literal["running", "done", "failed", "stopped"]
RUN_STATES: tuple[RunState, ...] = get_args(RunState)

SILENCE = timedelta(minutes=5)
"""A running run that says nothing for so long has died with its process."""

LONGEST_NAME = 120

WHOLE = "content"
"""The scope of runs over the whole collection by its first lens; `gallery.clusters.scope` writes the others."""


class ClusterRun(Base):
    """One run: why and how it was made, and what came of it.

    `scope` is what was clustered, as `gallery.clusters.scope` writes it: runs of one scope follow each other.
    `asked_k` is None where the number was chosen, from `curve`; `result` is the run as
    `indexer.clustering.runs.Run.to_dict` writes it, `changes` the genealogy against the run before,
    `stability` maps ids of clusters to 0..1. Only a run that is `done` has these. No id of a cluster from
    `next_id` on was given up to then, in any scope. `process` is who makes it.
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
    scope: Mapped[str] = mapped_column(Text, default=WHOLE, server_default=WHOLE)
    process: Mapped[str | None] = mapped_column(String(120), default=this_process)
    next_id: Mapped[int | None]
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

    `shown` holds the payloads of its medoid, typical, borderline and outlying works, and of the cover if one was
    chosen; `facts` is what is said of it. `members` are the ids of its works, the most central first, except in
    the whole collection's clusters, whose works have it in their payloads.
    """

    __tablename__ = "cluster_cards"

    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("cluster_runs.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(Text, default=WHOLE, server_default=WHOLE)
    size: Mapped[int]
    shown: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    members: Mapped[list[str] | None] = mapped_column(JSON)
    made_at: Mapped[datetime | None] = mapped_column(default=now, onupdate=now)


class ClusterNote(Base):
    """What curators said of a cluster; it stays with the id, whatever runs make of its members.

    `remarks` are for curators alone.
    """

    __tablename__ = "cluster_notes"

    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    description: Mapped[str | None] = mapped_column(Text)
    cover: Mapped[str | None] = mapped_column(String(36))
    theme: Mapped[bool] = mapped_column(default=True)
    remarks: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class ClusterDecision(Base):
    """A curator's change of clusters, as `indexer.clustering.decisions` writes it; undone ones are kept.

    One of the kind "note" says what was said of a cluster `before` and `after`, by fields of `ClusterNote`.
    `made_on` is the cluster that the curator was looking at.
    """

    __tablename__ = "cluster_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(Text, default=WHOLE, server_default=WHOLE)
    made_on: Mapped[int | None]
    decision: Mapped[dict[str, Any]]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


def last_run(session: Session, scope: str = WHOLE) -> ClusterRun | None:
    """Return the last finished run of a scope: the one that pages show."""
    done = select(ClusterRun).where(ClusterRun.state == "done", ClusterRun.scope == scope)
    return session.scalar(done.order_by(ClusterRun.id.desc()).limit(1))


def scopes(session: Session) -> Sequence[str]:
    """Return what has been clustered, the whole collection first."""
    found = session.scalars(select(ClusterRun.scope).where(ClusterRun.state == "done").distinct()).all()
    return sorted(found, key=lambda scope: (scope != WHOLE, scope))


def free_id(session: Session) -> int:
    """Return the first id that no cluster ever had."""
    return session.scalar(select(func.max(ClusterRun.next_id))) or 1


def reserve_ids(session: Session, count: int) -> int:
    """Take so many ids that no cluster ever had, and return the first of them; in a writing session."""
    newest = select(ClusterRun).where(ClusterRun.next_id.is_not(None)).order_by(ClusterRun.next_id.desc())
    row = session.scalars(newest.limit(1).with_for_update()).one()
    first = row.next_id or 1
    row.next_id = first + count
    return first


def run_by_id(session: Session, run_id: int) -> ClusterRun | None:
    """Return one run."""
    return session.get(ClusterRun, run_id)


def runs(session: Session, most: int) -> Sequence[ClusterRun]:
    """Return the latest runs, newest first, without what they found."""
    newest = select(ClusterRun).order_by(ClusterRun.id.desc()).limit(most)
    return session.scalars(newest.options(defer(ClusterRun.result), defer(ClusterRun.changes))).all()


def changes_of_runs(session: Session, scope: str, most: int) -> Sequence[ClusterRun]:
    """Return the latest finished runs of a scope with what they changed, newest first."""
    done = select(ClusterRun).where(ClusterRun.state == "done", ClusterRun.scope == scope)
    newest = done.order_by(ClusterRun.id.desc()).limit(most)
    return session.scalars(newest.options(defer(ClusterRun.result))).all()


def running_run(session: Session) -> ClusterRun | None:
    """Return the run that goes on; one whose process has ended is marked as failed first, in a writing session."""
    going = session.scalar(select(ClusterRun).where(ClusterRun.state == "running"))
    if going is None:
        return None
    if has_ended(going.process, going.started_at) or going.heartbeat_at < now() - SILENCE:
        going.state, going.finished_at = "failed", now()
        going.message = "Its process ended before it was done."
        session.flush()
        return None
    return going


def notes(session: Session) -> dict[int, ClusterNote]:
    """Return what curators said, by cluster."""
    return {note.cluster: note for note in session.scalars(select(ClusterNote))}


def cards(session: Session, scope: str | None = WHOLE) -> Sequence[ClusterCard]:
    """Return the clusters of a scope as pages show them, the largest first; with None those of all."""
    found = select(ClusterCard).order_by(ClusterCard.size.desc(), ClusterCard.cluster)
    return session.scalars(found if scope is None else found.where(ClusterCard.scope == scope)).all()


def stamp(session: Session) -> tuple[Any, ...]:
    """Return what differs whenever cards or notes have changed; cheap to ask for."""
    shown = session.execute(select(func.count(), func.max(ClusterCard.made_at), func.max(ClusterCard.cluster))).one()
    said = session.execute(select(func.count(), func.max(ClusterNote.updated_at))).one()
    return (*shown, *said)


def card_of(session: Session, cluster: int) -> ClusterCard | None:
    """Return one cluster as pages show it."""
    return session.get(ClusterCard, cluster)


def replace_cards(session: Session, scope: str, made: Iterable[ClusterCard]) -> None:
    """Let these be all the clusters that pages show of a scope."""
    session.execute(delete(ClusterCard).where(ClusterCard.scope == scope))
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


def decisions(session: Session, scope: str = WHOLE) -> Sequence[ClusterDecision]:
    """Return the decisions about clusters of a scope that stand, oldest first."""
    standing = select(ClusterDecision).where(ClusterDecision.undone_at.is_(None), ClusterDecision.scope == scope)
    return session.scalars(standing.order_by(ClusterDecision.id)).all()


def decisions_about(session: Session, scope: str, cluster: int) -> list[ClusterDecision]:
    """Return the decisions that name a cluster or were made looking at it, undone ones too, oldest first."""
    found = session.scalars(select(ClusterDecision).where(ClusterDecision.scope == scope).order_by(ClusterDecision.id))
    return [
        row for row in found if cluster in (row.made_on, row.decision.get("cluster"), *row.decision.get("others", ()))
    ]


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
