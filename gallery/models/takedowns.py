"""Works that must not be shown: requests to take one down, and the marks by which it is known if it comes back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.errors import TakedownSettled
from gallery.models.audit import record
from gallery.models.base import Base, now, one_of
from gallery.models.users import LONGEST_NAME, User
from scraper.phash import distance
from scraper.withdrawn import NEAR

TakedownState = Literal["asked", "down", "refused", "lifted"]
TAKEDOWN_STATES: tuple[TakedownState, ...] = get_args(TakedownState)

# Which decisions can follow which state; a second click on the same button comes too late.
DECISIONS: dict[TakedownState, tuple[TakedownState, ...]] = {
    "down": ("asked", "refused", "lifted"),
    "refused": ("asked",),
    "lifted": ("down",),
}


class Takedown(Base):
    """A request and what was decided; `label` says which work it was even after the work is gone.

    `sha256` is that of the picture, `phash` its perceptual hash as 16 hexadecimal digits. `relation` and `email` are
    those of whoever asked without an account.
    """

    __tablename__ = "takedowns"
    __table_args__ = (
        one_of("state", TAKEDOWN_STATES),
        Index("ix_takedowns_state_asked_at", "state", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    phash: Mapped[str | None] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(LONGEST_NAME))
    relation: Mapped[str | None] = mapped_column(String(64))
    email: Mapped[str | None] = mapped_column(String(254))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[TakedownState] = mapped_column(String(16), default="asked")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]


def ask(session: Session, takedown: Takedown) -> Takedown:
    """Put a request into the queue; the same work may be asked for by several people."""
    session.add(takedown)
    session.flush()
    return takedown


def decide(session: Session, takedown: Takedown, state: TakedownState, by: User | None) -> None:
    """Settle a request: "down" keeps the work away for good, "refused" and "lifted" let it be.

    Taking a work down settles every open request for it, letting it be again lifts every takedown of it. Raise
    `TakedownSettled` if somebody else decided first.
    """
    if takedown.state not in DECISIONS[state]:
        raise TakedownSettled(takedown.label, takedown.state)
    settled = {takedown.id: takedown}
    if state != "refused":
        before = "asked" if state == "down" else "down"
        alike = select(Takedown).where(Takedown.sha256 == takedown.sha256, Takedown.state == before)
        settled |= {each.id: each for each in session.scalars(alike)}
    for each in settled.values():
        each.state, each.user_id, each.decided_at = state, by.id if by else None, now()
    record(session, by, f"takedown {state}", takedown.label, sha256=takedown.sha256, asked_by=takedown.asked_by)


def takedown_by_id(session: Session, takedown_id: int) -> Takedown | None:
    """Return the request with this id, kept from other decisions until the transaction ends."""
    return session.get(Takedown, takedown_id, with_for_update=True)


def open_requests(session: Session) -> Sequence[Takedown]:
    """Return the queue, oldest first."""
    asked = select(Takedown).where(Takedown.state == "asked").order_by(Takedown.asked_at, Takedown.id)
    return session.scalars(asked).all()


def count_takedowns(session: Session) -> Mapping[TakedownState, int]:
    """Return how many requests are in each state."""
    return {
        state: count for state, count in session.execute(select(Takedown.state, func.count()).group_by(Takedown.state))
    }


def settled_takedowns(session: Session, number: int, size: int) -> Sequence[Takedown]:
    """Return a page of those that were decided, the latest first, and one more if there is another page."""
    settled = select(Takedown).where(Takedown.state != "asked").order_by(Takedown.decided_at.desc(), Takedown.id.desc())
    return session.scalars(settled.limit(size + 1).offset((number - 1) * size)).all()


def decided_takedowns(session: Session) -> Sequence[Takedown]:
    """Return all that are down or were lifted again."""
    return session.scalars(select(Takedown).where(Takedown.state.in_(("down", "lifted"))).order_by(Takedown.id)).all()


def standing(session: Session, sha256: str, phash: str | None = None) -> Takedown | None:
    """Return the takedown that keeps this picture away: of the same file, or of one that looks the same."""
    down = select(Takedown).where(Takedown.state == "down").order_by(Takedown.id)
    same = session.scalars(down.where(Takedown.sha256 == sha256)).first()
    if same or phash is None:
        return same
    marked = session.scalars(down.where(Takedown.phash.is_not(None)))
    return next((each for each in marked if each.phash and distance(each.phash, phash) <= NEAR), None)
