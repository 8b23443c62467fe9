"""Pairs of works that may be the same, what curators said of each, and the works that were merged away.

A pair is known by the sha256 of its two works, the smaller first: a verdict holds whatever is scraped or indexed again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, in_parts, now, one_of
from gallery.models.keyset import Place, Ranked, behind
from gallery.models.users import User
from indexer.duplicates.pairs import Found, Kind

Verdict = Literal["same-file", "same-work", "variant", "detail", "different"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SAME: tuple[Verdict, ...] = ("same-file", "same-work")
"""Verdicts by which one of two works was one too many."""

KINDS: tuple[Kind, ...] = get_args(Kind)
MergeState = Literal["merging", "merged", "undoing", "undone", "emptying", "emptied"]
MERGE_STATES: tuple[MergeState, ...] = get_args(MergeState)
UNDER_WAY: tuple[MergeState, ...] = ("merging", "undoing", "emptying")
"""What was decided and may not have been carried out yet, because somebody was killed."""

STANDING: tuple[MergeState, ...] = ("merging", "merged", "emptying", "emptied")

SHOWN_AS_VERSIONS: tuple[Verdict, ...] = ("same-work", "variant", "detail")

_PAIRS_AT_ONCE = 450


class DuplicateAct(Base):
    """What a curator did at once, to one pair or many; it is undone as a whole."""

    __tablename__ = "duplicate_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class DuplicatePair(Ranked, Base):
    """Two works that may be the same; `rank` orders the queue, `open` says that it waits there.

    `cosines` are those of their vectors by the model `model`, noted with the verdict: merged works have none any more.
    """

    __tablename__ = "duplicate_pairs"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("verdict", VERDICTS),
        UniqueConstraint("one", "other"),
        Index("ix_duplicate_pairs_open_rank_id", "open", "rank", "id"),
    )

    one: Mapped[str] = mapped_column(String(64))
    other: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[Kind] = mapped_column(String(16))
    score: Mapped[float] = mapped_column(Float)
    way: Mapped[int] = mapped_column(default=0)
    open: Mapped[bool] = mapped_column(default=True)
    verdict: Mapped[Verdict | None] = mapped_column(String(16))
    act_id: Mapped[int | None] = mapped_column(ForeignKey("duplicate_acts.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(default=now)
    cosines: Mapped[dict[str, Any] | None]
    model: Mapped[str | None] = mapped_column(String(64))


class DuplicateMerge(Base):
    """A work that went to the trash because `keeper` stands for it; `fields` are what the keeper took over from it."""

    __tablename__ = "duplicate_merges"
    __table_args__ = (one_of("state", MERGE_STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    keeper: Mapped[str] = mapped_column(String(64), index=True)
    gone: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MergeState] = mapped_column(String(16), default="merging", index=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("duplicate_acts.id"), index=True)


def rank_of(kind: Kind, score: float) -> float:
    """Return what the queue is ordered by: kinds from exact to alike, within each the highest score first."""
    return KINDS.index(kind) + 1 - min(1.0, score)


def settled(session: Session, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those pairs that wait, were decided about, or went with an act: there is no need to look at them."""
    found = set()
    for some in in_parts(pairs, _PAIRS_AT_ONCE):
        known = select(DuplicatePair.one, DuplicatePair.other)
        lost = and_(DuplicatePair.open.is_(False), DuplicatePair.act_id.is_(None))
        known = known.where(tuple_(DuplicatePair.one, DuplicatePair.other).in_(some), not_(lost))
        found |= {(one, other) for one, other in session.execute(known)}
    return found


def add_pairs(session: Session, found: Sequence[Found]) -> int:
    """Put pairs into the queue that do not wait there and were never decided about; return how many those were."""
    known = settled(session, [(each.one, each.other) for each in found])
    new = {(each.one, each.other): each for each in found if (each.one, each.other) not in known}
    for pair in _named(session, list(new)):
        each = new.pop((pair.one, pair.other))
        pair.open, pair.kind, pair.score, pair.way = True, each.kind, each.score, each.way
        pair.rank = rank_of(each.kind, each.score)
    session.add_all(DuplicatePair(**asdict(each), rank=rank_of(each.kind, each.score)) for each in new.values())
    session.flush()
    return len({(each.one, each.other) for each in found} - known)


def _named(session: Session, pairs: Sequence[tuple[str, str]]) -> Iterator[DuplicatePair]:
    for some in in_parts(pairs, _PAIRS_AT_ONCE):
        yield from session.scalars(
            select(DuplicatePair).where(tuple_(DuplicatePair.one, DuplicatePair.other).in_(some))
        )


def queue(kind: Kind | None = None) -> list[ColumnElement[bool]]:
    """Return the conditions of pairs that wait, of one kind or all: kinds are ranges of the rank."""
    waits: list[ColumnElement[bool]] = [DuplicatePair.open.is_(True)]
    if kind is not None:
        at = KINDS.index(kind)
        waits += [DuplicatePair.rank >= at, DuplicatePair.rank < at + 1]
    return waits


def open_pairs(
    session: Session, size: int, *, kind: Kind | None = None, after: Place | None = None
) -> Sequence[DuplicatePair]:
    """Return pairs that wait, the surest first, behind a place of the queue."""
    found = select(DuplicatePair).where(*queue(kind))
    return session.scalars(behind(found, DuplicatePair.rank, DuplicatePair.id, after, size)).all()


def count_open(session: Session) -> Mapping[Kind, int]:
    """Return how many pairs of each kind wait, counted in the index alone."""
    counted = [select(func.count()).select_from(DuplicatePair).where(*queue(kind)).scalar_subquery() for kind in KINDS]
    found = dict(zip(KINDS, session.execute(select(*counted)).one(), strict=True))
    return {kind: count for kind, count in found.items() if count}


def count_trash(session: Session) -> int:
    """Return how many works are in the trash."""
    merged = select(func.count()).select_from(DuplicateMerge).where(DuplicateMerge.state == "merged")
    return session.scalar(merged) or 0


def trash(session: Session, most: int) -> Sequence[DuplicateMerge]:
    """Return what is in the trash, what came last first."""
    merged = select(DuplicateMerge).where(DuplicateMerge.state == "merged")
    return session.scalars(merged.order_by(DuplicateMerge.id.desc()).limit(most)).all()


def pair_by_id(session: Session, pair_id: int) -> DuplicatePair | None:
    """Return one pair."""
    return session.get(DuplicatePair, pair_id)


def pairs_of(session: Session, works: Sequence[str]) -> Sequence[DuplicatePair]:
    """Return the waiting pairs that any of these works belongs to."""
    found: dict[int, DuplicatePair] = {}
    for some in in_parts(works):
        # One question for each column, and none about `open`: each has an index that leaves few rows.
        for column in (DuplicatePair.one, DuplicatePair.other):
            asked = session.scalars(select(DuplicatePair).where(column.in_(some)))
            found |= {pair.id: pair for pair in asked if pair.open}
    return [found[number] for number in sorted(found)]


def pairs_among(session: Session, works: Sequence[str]) -> Sequence[DuplicatePair]:
    """Return the waiting pairs both works of which are among these, a few hundred at most."""
    within = select(DuplicatePair).where(DuplicatePair.one.in_(works), DuplicatePair.other.in_(works))
    return [pair for pair in session.scalars(within.order_by(DuplicatePair.id)) if pair.open]


def judged(session: Session, model: str) -> Sequence[tuple[Verdict, Mapping[str, Any]]]:
    """Return what curators said of pairs, with the cosines of each by this model, where they are known."""
    found = select(DuplicatePair.verdict, DuplicatePair.cosines)
    found = found.where(DuplicatePair.verdict.is_not(None), DuplicatePair.model == model).order_by(DuplicatePair.id)
    return [(verdict, cosines) for verdict, cosines in session.execute(found) if verdict and cosines]


def decided(session: Session) -> Sequence[DuplicatePair]:
    """Return all pairs that have a verdict."""
    return session.scalars(select(DuplicatePair).where(DuplicatePair.verdict.is_not(None))).all()


def all_versions(session: Session) -> Sequence[tuple[str, str, Verdict]]:
    """Return all pairs that curators have called versions of one another and that were not merged."""
    gone = select(DuplicateMerge.gone).where(DuplicateMerge.state.in_(STANDING))
    found = select(DuplicatePair.one, DuplicatePair.other, DuplicatePair.verdict)
    found = found.where(DuplicatePair.verdict.in_(SHOWN_AS_VERSIONS))
    found = found.where(DuplicatePair.one.not_in(gone), DuplicatePair.other.not_in(gone)).order_by(DuplicatePair.id)
    return [(one, other, verdict) for one, other, verdict in session.execute(found) if verdict is not None]


def belonging(session: Session) -> Sequence[tuple[str, str]]:
    """Return all pairs that show the same, or are versions of each other, as a curator said or pictures tell.

    Works that are only alike by vector are none before somebody says so, nor are those called different.
    """
    found = select(DuplicatePair.one, DuplicatePair.other)
    told = and_(DuplicatePair.verdict.is_(None), DuplicatePair.kind != "alike")
    said = DuplicatePair.verdict != "different"
    return [(one, other) for one, other in session.execute(found.where(or_(told, said)).order_by(DuplicatePair.id))]


def close_pairs_of(session: Session, gone: Sequence[str], act: int) -> None:
    """Take pairs from the queue whose works went to the trash by an act; they come back with them."""
    for pair in pairs_of(session, gone):
        pair.open, pair.act_id = False, act


def last_groups(session: Session, most: int) -> Sequence[tuple[str, str, float]]:
    """Return the surest waiting pairs for grouping: both works, and how sure it is."""
    found = select(DuplicatePair.one, DuplicatePair.other, DuplicatePair.rank).where(*queue(), DuplicatePair.rank < 3)
    rows = session.execute(found.order_by(DuplicatePair.rank, DuplicatePair.id).limit(most))
    return [(one, other, -rank) for one, other, rank in rows]


def close_pairs(session: Session, ids: Sequence[int]) -> None:
    """Take pairs from the queue without a verdict: they come back when they are found again."""
    closed = update(DuplicatePair).where(DuplicatePair.id.in_(ids), DuplicatePair.verdict.is_(None))
    session.execute(closed.values(open=False), execution_options={"synchronize_session": False})


def begin_act(session: Session, what: str, by: User | None) -> DuplicateAct:
    """Begin something that is undone as a whole."""
    act = DuplicateAct(what=what[:200], user_id=by.id if by else None)
    session.add(act)
    session.flush()
    return act


def act_by_id(session: Session, act_id: int) -> DuplicateAct | None:
    """Return one act, kept from others until the transaction ends."""
    return session.get(DuplicateAct, act_id, with_for_update=True)


def recent_acts(session: Session, most: int) -> Sequence[DuplicateAct]:
    """Return the latest acts, newest first."""
    return session.scalars(select(DuplicateAct).order_by(DuplicateAct.id.desc()).limit(most)).all()


def decide(pairs: Sequence[DuplicatePair], verdict: Verdict, act: DuplicateAct) -> None:
    """Give pairs a verdict, which takes them from the queue."""
    for pair in pairs:
        pair.verdict, pair.open, pair.act_id = verdict, False, act.id


def take_back(session: Session, act: DuplicateAct) -> int:
    """Put the pairs of an act back into the queue and return how many those were."""
    act.undone_at = now()
    pairs = session.scalars(select(DuplicatePair).where(DuplicatePair.act_id == act.id)).all()
    for pair in pairs:
        pair.verdict, pair.open, pair.act_id = None, True, None
    return len(pairs)


def merges_in(session: Session, states: Sequence[MergeState], *, act_id: int | None = None) -> Sequence[DuplicateMerge]:
    """Return the merges in one of these states, of one act or all, oldest first."""
    found = select(DuplicateMerge).where(DuplicateMerge.state.in_(states)).order_by(DuplicateMerge.id)
    return session.scalars(found if act_id is None else found.where(DuplicateMerge.act_id == act_id)).all()


def merges_into(session: Session, keepers: Iterable[str] | None = None) -> Mapping[str, Sequence[DuplicateMerge]]:
    """Return the merges that stand, by keeper."""
    found: dict[str, list[DuplicateMerge]] = {}
    for merge in merges_in(session, STANDING):
        found.setdefault(merge.keeper, []).append(merge)
    return found if keepers is None else {keeper: found[keeper] for keeper in keepers if keeper in found}


def set_state(session: Session, merges: Iterable[DuplicateMerge], state: MergeState) -> None:
    """Note how far merges are."""
    for ids in in_parts(merge.id for merge in merges):
        some = update(DuplicateMerge).where(DuplicateMerge.id.in_(ids))
        session.execute(some.values(state=state), execution_options={"synchronize_session": False})
