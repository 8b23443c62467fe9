"""Facts about a work that a person corrected: kept apart from what sources say, so that they outlive both."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, in_parts, now, one_of

Field = Literal["title", "artist", "movement", "year", "licence", "credit"]
FIELDS: tuple[Field, ...] = get_args(Field)


class Correction(Base):
    """The value one field of one work has, whatever its sources say; None means that it is not known."""

    __tablename__ = "corrections"
    __table_args__ = (one_of("field", FIELDS), UniqueConstraint("sha256", "field"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    field: Mapped[Field] = mapped_column(String(16))
    value: Mapped[Any] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


def corrections_of(session: Session, hashes: Iterable[str]) -> dict[str, dict[Field, Any]]:
    """Return the corrected fields of the works that have any, by sha256."""
    found: dict[str, dict[Field, Any]] = {}
    for some in in_parts(hashes):
        mine = select(Correction).where(Correction.sha256.in_(some))
        for each in session.scalars(mine.order_by(Correction.id)):
            found.setdefault(each.sha256, {})[each.field] = each.value
    return found


def correction_of(session: Session, sha256: str, field: Field) -> Correction | None:
    """Return the correction of one field of one work."""
    return session.scalar(select(Correction).where(Correction.sha256 == sha256, Correction.field == field))


def add_correction(session: Session, correction: Correction) -> None:
    """Store a first correction of a field."""
    session.add(correction)
    session.flush()


def drop_correction(session: Session, correction: Correction) -> None:
    """Let the sources speak again for a field."""
    session.delete(correction)
    session.flush()


def corrected_works(session: Session) -> list[str]:
    """Return the sha256 of every work that has a correction."""
    return list(session.scalars(select(Correction.sha256).distinct()))
