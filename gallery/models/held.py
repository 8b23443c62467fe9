"""Works that wait for a curator before visitors see them, because they are far from what their artist has.

A work is judged once: what passed, and what curators said, is known by sha256 and holds whatever is collected or
indexed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import JSON, ColumnElement, Float, ForeignKey, Index, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.artists import LONGEST_NAME
from gallery.models.base import Base, in_parts, now, one_of
from gallery.models.keyset import Place, behind
from gallery.models.users import User

HeldState = Literal["held", "published", "hidden", "wrong-artist"]
HELD_STATES: tuple[HeldState, ...] = get_args(HeldState)
HeldVerdict = Literal["published", "hidden", "wrong-artist"]
HELD_VERDICTS: tuple[HeldVerdict, ...] = get_args(HeldVerdict)


class HeldAct(Base):
    """What a curator said at once, of one work or many; it is undone as a whole."""

    __tablename__ = "held_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class HeldWork(Base):
    """A work that was held; `nearest` are the sha256 of works of the artist it is most like, with their cosines.

    `score` is how many spreads it lies from what is usual between the artist's works (`indexer.relevance`).
    """

    __tablename__ = "held_works"
    __table_args__ = (one_of("state", HELD_STATES), Index("ix_held_works_state_score", "state", "score", "sha256"))

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    artist_slug: Mapped[str] = mapped_column(String(LONGEST_NAME))
    artist: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Float)
    nearest: Mapped[list[tuple[str, float]]] = mapped_column(JSON, default=list)
    state: Mapped[HeldState] = mapped_column(String(16), default="held")
    act_id: Mapped[int | None] = mapped_column(ForeignKey("held_acts.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def place(self) -> Place:
        """Its place in the queue."""
        return Place(self.score, self.sha256)


class PassedWork(Base):
    """A work that was near enough, and is not judged again."""

    __tablename__ = "passed_works"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)


def judged(session: Session, hashes: Iterable[str]) -> set[str]:
    """Return those of these works that need not be judged: they passed, were held, or were decided about."""
    found = set[str]()
    for some in in_parts(hashes):
        for table in (PassedWork, HeldWork):
            found |= set(session.scalars(select(table.sha256).where(table.sha256.in_(some))))
    return found


def note_judged(session: Session, held: Sequence[HeldWork], passed: Iterable[str]) -> None:
    """Store what came of judging works that were not judged before."""
    session.add_all(held)
    session.add_all(PassedWork(sha256=sha256) for sha256 in passed)


def waiting(session: Session, size: int, *, artist: str | None = None, after: Place | None = None) -> list[HeldWork]:
    """Return works that wait, the farthest first, of one artist or all, behind a place of the queue."""
    found = select(HeldWork).where(*_waits(artist))
    return list(session.scalars(behind(found, HeldWork.score, HeldWork.sha256, after, size)))


def count_held(session: Session, artist: str | None = None) -> int:
    """Return how many works wait, of one artist or all."""
    return session.scalar(select(func.count()).select_from(HeldWork).where(*_waits(artist))) or 0


def held_by_artist(session: Session) -> Sequence[tuple[str, str, int]]:
    """Return slug, name and number of waiting works of each artist who has any, most works first."""
    count = func.count()
    found = select(HeldWork.artist_slug, func.max(HeldWork.artist), count).where(*_waits(None))
    found = found.group_by(HeldWork.artist_slug).order_by(count.desc(), HeldWork.artist_slug)
    return [(slug, name, works) for slug, name, works in session.execute(found)]


def held_states(session: Session) -> Mapping[str, HeldState]:
    """Return the state of every work that was ever held, by sha256."""
    return {sha256: state for sha256, state in session.execute(select(HeldWork.sha256, HeldWork.state))}


def held_works(session: Session, hashes: Sequence[str]) -> list[HeldWork]:
    """Return those of these works that were ever held, kept from others until the transaction ends, in their order."""
    found: dict[str, HeldWork] = {}
    for some in in_parts(hashes):
        works = select(HeldWork).where(HeldWork.sha256.in_(some)).with_for_update()
        found |= {work.sha256: work for work in session.scalars(works)}
    return [found[sha256] for sha256 in dict.fromkeys(hashes) if sha256 in found]


def begin_held_act(session: Session, what: str, by: User | None) -> HeldAct:
    """Begin something that is undone as a whole."""
    act = HeldAct(what=what[:200], user_id=by.id if by else None)
    session.add(act)
    session.flush()
    return act


def held_act(session: Session, act_id: int) -> HeldAct | None:
    """Return one act, kept from others until the transaction ends."""
    return session.get(HeldAct, act_id, with_for_update=True)


def works_of_act(session: Session, act: HeldAct) -> Sequence[HeldWork]:
    """Return the works an act decided about."""
    return session.scalars(select(HeldWork).where(HeldWork.act_id == act.id).order_by(HeldWork.sha256)).all()


def recent_held_acts(session: Session, most: int) -> Sequence[tuple[HeldAct, int]]:
    """Return the latest acts, newest first, each with how many works it still decides about."""
    works = func.count(HeldWork.sha256)
    found = select(HeldAct, works).outerjoin(HeldWork, HeldWork.act_id == HeldAct.id).group_by(HeldAct.id)
    return [(act, count) for act, count in session.execute(found.order_by(HeldAct.id.desc()).limit(most))]


def release(session: Session, sha256: str) -> None:
    """Note that a work may be shown, whatever was said when it was held."""
    session.execute(update(HeldWork).where(HeldWork.sha256 == sha256).values(state="published"))


def forget(session: Session, hashes: Sequence[str]) -> None:
    """Forget works that are gone for good: should they be allowed back, they are judged anew."""
    for some in in_parts(hashes):
        for table in (HeldWork, PassedWork):
            session.execute(delete(table).where(table.sha256.in_(some)))


def _waits(artist: str | None) -> list[ColumnElement[bool]]:
    waits: list[ColumnElement[bool]] = [HeldWork.state == "held"]
    return waits if artist is None else [*waits, HeldWork.artist_slug == artist]
