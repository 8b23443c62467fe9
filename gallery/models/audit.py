"""The audit log: who did what, to what, and when. Entries are written with the change itself or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, now
from gallery.models.users import LONGEST_NAME, User

COMMAND_LINE = "command line"


class AuditEntry(Base):
    """One act; `who` keeps the name as it was, `subject` names what was touched, `detail` the values."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    who: Mapped[str] = mapped_column(String(LONGEST_NAME))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(300), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditPage(NamedTuple):
    """One page of the log, newest first; `total` counts all entries."""

    entries: Sequence[AuditEntry]
    total: int


def record(session: Session, by: User | None, action: str, subject: str = "", **detail: Any) -> None:
    """Note an act in the transaction that does it; `by` is None for the command line.

    `action` is a verb in the past, e.g. "disabled account"; values of `detail` must be plain JSON, never secrets.
    """
    who = by.name if by else COMMAND_LINE
    session.add(AuditEntry(user_id=by.id if by else None, who=who, action=action, subject=subject[:300], detail=detail))


def audit_page(session: Session, number: int, size: int) -> AuditPage:
    """Return a page of the log, newest first."""
    newest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(size).offset((number - 1) * size)
    total = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    return AuditPage(session.scalars(newest).all(), total)
