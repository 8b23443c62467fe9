"""Attempts to sign in, kept a few minutes so that guessing can be slowed down by every process alike."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base


class Attempt(Base):
    """One attempt that failed or is under way; `device` marks a browser that signed in to the account before.

    `account` is a hash of the name that was typed: now and then somebody types a password into the wrong field.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_account_at", "account", "at"),
        Index("ix_sign_in_attempts_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(64))


def nth_newest(session: Session, number: int, since: datetime, **same: str | None) -> datetime | None:
    """Return when the `number`th newest attempt since a moment was made, None if there are fewer.

    `same` names columns and the values they must have, e.g. `address="192.0.2.1"`.
    """
    alike: list[ColumnElement[Any]] = [getattr(Attempt, column) == value for column, value in same.items()]
    return session.scalar(
        select(Attempt.at).where(Attempt.at > since, *alike).order_by(Attempt.at.desc()).offset(number - 1).limit(1)
    )


def add_attempt(session: Session, attempt: Attempt) -> int:
    """Store an attempt and return its id."""
    session.add(attempt)
    session.flush()
    return attempt.id


def forget_attempt(session: Session, attempt_id: int) -> None:
    """Remove one attempt."""
    session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def forget_attempts_of(session: Session, account: str, address: str | None = None) -> None:
    """Remove the attempts at an account, only those from one address if it is given."""
    alike = [Attempt.account == account, *([Attempt.address == address] if address else [])]
    session.execute(delete(Attempt).where(*alike))


def forget_attempts_before(session: Session, moment: datetime) -> None:
    """Remove attempts that no longer count."""
    session.execute(delete(Attempt).where(Attempt.at <= moment))
