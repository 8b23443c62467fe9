"""Tag sets of curators' own: the classes, what was said of each work, and the models learned from it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Float, ForeignKey, Index, String, Text, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, in_parts, now
from gallery.models.users import User

LONGEST_NAME = 60

LARGEST_ID = 2**31 - 1
"""An address may name any number; PostgreSQL refuses to compare larger ones."""


class TagSet(Base):
    """Classes of one sort, such as subjects: a work has one of them (`exclusive`) or several.

    A machine's tag is shown from the probability `threshold` upwards.
    """

    __tablename__ = "tag_sets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    slug: Mapped[str] = mapped_column(String(2 * LONGEST_NAME), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    exclusive: Mapped[bool] = mapped_column(default=True)
    classes: Mapped[list[str]] = mapped_column(default=list)
    threshold: Mapped[float] = mapped_column(Float, default=0.6)
    created_at: Mapped[datetime] = mapped_column(default=now)


class TagDecision(Base):
    """What a curator said of a work and a class: that it is one (`verdict`) or is not; undone ones are kept.

    What was decided at once has one `act`, by which it is undone.
    """

    __tablename__ = "tag_decisions"
    __table_args__ = (Index("ix_tag_decisions_set_id_sha256", "set_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("tag_sets.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(LONGEST_NAME))
    verdict: Mapped[bool]
    act: Mapped[str] = mapped_column(String(32), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class TagModel(Base):
    """A head learned for a set: `sha256` names its file, `data` says what it learned from, `metrics` how well.

    `last_decision` is the newest decision it knew. `applied_at` stays when another takes its place, so that the
    one before can be found again.
    """

    __tablename__ = "tag_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("tag_sets.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_decision: Mapped[int]
    applied: Mapped[bool] = mapped_column(default=False)
    applied_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)


class Act(NamedTuple):
    """Decisions made at once: the first of them, of how many works, and who made them."""

    first: TagDecision
    works: int
    who: str | None


def tag_sets(session: Session) -> Sequence[TagSet]:
    """Return all sets by name."""
    return session.scalars(select(TagSet).order_by(TagSet.slug)).all()


def tag_set(session: Session, set_id: int) -> TagSet | None:
    """Return one set."""
    return session.get(TagSet, set_id) if set_id <= LARGEST_ID else None


def tag_set_by_slug(session: Session, slug: str) -> TagSet | None:
    """Return the set whose pages have this slug."""
    return session.scalar(select(TagSet).where(TagSet.slug == slug))


def standing(session: Session, set_id: int, hashes: Iterable[str] | None = None) -> Sequence[TagDecision]:
    """Return the decisions of a set that stand, oldest first; only those about these works if they are given."""
    stands = select(TagDecision).where(TagDecision.set_id == set_id, TagDecision.undone_at.is_(None))
    if hashes is None:
        return session.scalars(stands.order_by(TagDecision.id)).all()
    found = list[TagDecision]()
    for some in in_parts(hashes):
        mine = stands.where(TagDecision.sha256.in_(some))
        found += session.scalars(mine.order_by(TagDecision.id))
    return found


def decisions_of_act(session: Session, act: str) -> Sequence[TagDecision]:
    """Return what was decided at once, undone or not."""
    return session.scalars(select(TagDecision).where(TagDecision.act == act).order_by(TagDecision.id)).all()


def recent_acts(session: Session, set_id: int, most: int) -> list[Act]:
    """Return what was decided lately, newest first."""
    ids = (
        select(func.min(TagDecision.id).label("first"), func.count(TagDecision.sha256.distinct()).label("works"))
        .where(TagDecision.set_id == set_id)
        .group_by(TagDecision.act)
        .order_by(func.min(TagDecision.id).desc())
        .limit(most)
        .subquery()
    )
    rows = select(TagDecision, ids.c.works, User.name).join(ids, ids.c.first == TagDecision.id)
    rows = rows.outerjoin(User, User.id == TagDecision.user_id).order_by(TagDecision.id.desc())
    return [Act(*row) for row in session.execute(rows)]


def newest_decision(session: Session, set_id: int) -> int:
    """Return the id of the newest decision that stands, 0 if there is none."""
    stands = select(func.max(TagDecision.id)).where(TagDecision.set_id == set_id, TagDecision.undone_at.is_(None))
    return session.scalar(stands) or 0


def tag_models(session: Session, set_id: int) -> Sequence[TagModel]:
    """Return a set's models, newest first."""
    return session.scalars(select(TagModel).where(TagModel.set_id == set_id).order_by(TagModel.id.desc())).all()


def tag_model(session: Session, model_id: int) -> TagModel | None:
    """Return one model."""
    return session.get(TagModel, model_id) if model_id <= LARGEST_ID else None


def latest_model(session: Session, set_id: int) -> TagModel | None:
    """Return the model of a set that was learned last, applied or not."""
    newest = select(TagModel).where(TagModel.set_id == set_id).order_by(TagModel.id.desc()).limit(1)
    return session.scalar(newest)


def applied_models(session: Session) -> dict[int, TagModel]:
    """Return the applied models by their sets."""
    return {model.set_id: model for model in session.scalars(select(TagModel).where(TagModel.applied.is_(True)))}


def apply_model(session: Session, model: TagModel | None, set_id: int, at: datetime | None = None) -> None:
    """Let this be the set's applied model, or none; `at` is when it first was, if it stood before."""
    session.execute(update(TagModel).where(TagModel.set_id == set_id).values(applied=False))
    if model is not None:
        session.execute(update(TagModel).where(TagModel.id == model.id).values(applied=True, applied_at=at or now()))


def model_before(session: Session, set_id: int) -> TagModel | None:
    """Return the model that was applied before the one that is now, None if there was none."""
    current = session.scalar(select(TagModel).where(TagModel.set_id == set_id, TagModel.applied.is_(True)))
    if current is None or current.applied_at is None:
        return None
    before = select(TagModel).where(TagModel.set_id == set_id, TagModel.applied_at < current.applied_at)
    return session.scalar(before.order_by(TagModel.applied_at.desc()).limit(1))
