"""What may be wrong with pictures: their measures, findings that wait for a curator, and what curators said of them.

A finding is known by the sha256 of its work and its kind: "it is fine" holds whatever is scraped or indexed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, in_parts, now, one_of
from gallery.models.keyset import Place, Ranked, behind
from gallery.models.users import User
from indexer.quality.judging import KINDS, Found, Kind

Outcome = Literal["fine", "hidden", "cropped", "replaced"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

NOTES = 100.0
"""What the rank of a note begins at: all alarms come before it."""


class QualityMeasure(Base):
    """The numbers of one picture, by which version of the measures, and whether they have been judged."""

    __tablename__ = "quality_measures"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
    judged: Mapped[bool] = mapped_column(default=False)


class QualityAct(Base):
    """What a curator did about one finding, and what the work was like `before`; it can be undone."""

    __tablename__ = "quality_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(200))
    before: Mapped[Any] = mapped_column(JSON, nullable=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class QualityFinding(Ranked, Base):
    """Something that may be wrong with one work; `rank` orders the queue, `open` says that it waits there."""

    __tablename__ = "quality_findings"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("outcome", OUTCOMES),
        UniqueConstraint("sha256", "kind"),
        Index("ix_quality_findings_open_rank_id", "open", "rank", "id"),
    )

    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[Kind] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(300))
    box: Mapped[Any] = mapped_column(JSON, nullable=True)
    open: Mapped[bool] = mapped_column(default=True)
    outcome: Mapped[Outcome | None] = mapped_column(String(16))
    act_id: Mapped[int | None] = mapped_column(ForeignKey("quality_acts.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def note(self) -> bool:
        """Whether it is worth a look only."""
        return self.rank >= NOTES


def rank_of(found: Found) -> float:
    """Return what the queue is ordered by: alarms before notes, kind after kind, within each the most severe first."""
    return (NOTES if found.note else 0.0) + KINDS.index(found.kind) + 1 - min(1.0, max(0.0, found.severity))


def standing(session: Session, version: int) -> Mapping[str, bool]:
    """Return which works have been measured in this version, and whether they have been judged since."""
    found = select(QualityMeasure.sha256, QualityMeasure.judged).where(QualityMeasure.version == version)
    return {sha256: judged for sha256, judged in session.execute(found)}


def measures_of(session: Session, works: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return the numbers of those works that were measured."""
    found: dict[str, Mapping[str, Any]] = {}
    for some in in_parts(works):
        rows = session.scalars(select(QualityMeasure).where(QualityMeasure.sha256.in_(some)))
        found |= {row.sha256: row.values for row in rows}
    return found


def write_measures(session: Session, version: int, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep the numbers of pictures, in place of what was known of them; they wait to be judged."""
    for sha256, numbers in values.items():
        session.merge(QualityMeasure(sha256=sha256, version=version, values=dict(numbers), judged=False))


def forget_measures(session: Session, sha256: str) -> None:
    """Have a picture measured anew."""
    session.execute(delete(QualityMeasure).where(QualityMeasure.sha256 == sha256))


def settle(session: Session, judged: Mapping[str, Iterable[Found]]) -> int:
    """Have the queue say of each of these works what was found now, and return how many findings are new in it.

    What was called fine stays so. What is not found any more leaves the queue; what was decided otherwise and is
    found again, because the picture is another or is shown again, waits anew.
    """
    new = 0
    for some in in_parts(judged):
        known: dict[tuple[str, str], QualityFinding] = {
            (row.sha256, row.kind): row
            for row in session.scalars(select(QualityFinding).where(QualityFinding.sha256.in_(some)))
        }
        for found in (each for sha256 in some for each in judged[sha256]):
            row = known.pop((found.sha256, found.kind), None)
            if row is None:
                row = QualityFinding(sha256=found.sha256, kind=found.kind, open=False)
                session.add(row)
            if row.outcome == "fine":
                continue
            new += not row.open
            row.open, row.outcome, row.act_id = True, None, None
            row.rank, row.reason, row.box = rank_of(found), found.reason[:300], list(found.box) if found.box else None
        for row in known.values():
            row.open = False
        done = update(QualityMeasure).where(QualityMeasure.sha256.in_(some)).values(judged=True)
        session.execute(done, execution_options={"synchronize_session": False})
    session.flush()
    return new


def queue(kind: Kind | None = None, *, notes: bool = False) -> list[ColumnElement[bool]]:
    """Return the conditions of alarms or notes that wait, of one kind or all: kinds are ranges of the rank."""
    least = NOTES if notes else 0.0
    at = KINDS.index(kind) if kind else None
    low, high = (least + at, least + at + 1) if at is not None else (least, least + NOTES)
    return [QualityFinding.open.is_(True), QualityFinding.rank >= low, QualityFinding.rank < high]


def open_findings(
    session: Session, size: int, *, kind: Kind | None = None, notes: bool = False, after: Place | None = None
) -> Sequence[QualityFinding]:
    """Return findings that wait, the most severe first, behind a place of the queue."""
    found = select(QualityFinding).where(*queue(kind, notes=notes))
    return session.scalars(behind(found, QualityFinding.rank, QualityFinding.id, after, size)).all()


def count_open(session: Session, *, notes: bool = False) -> Mapping[Kind, int]:
    """Return how many findings of each kind wait, counted in the index alone."""
    counted = [
        select(func.count()).select_from(QualityFinding).where(*queue(kind, notes=notes)).scalar_subquery()
        for kind in KINDS
    ]
    found = dict(zip(KINDS, session.execute(select(*counted)).one(), strict=True))
    return {kind: count for kind, count in found.items() if count}


def finding_by_id(session: Session, finding_id: int) -> QualityFinding | None:
    """Return one finding."""
    return session.get(QualityFinding, finding_id)


def findings_of(session: Session, sha256: str) -> Sequence[QualityFinding]:
    """Return the findings of one work that wait, the most severe first."""
    found = select(QualityFinding).where(QualityFinding.sha256 == sha256, QualityFinding.open.is_(True))
    return session.scalars(found.order_by(QualityFinding.rank)).all()


def close_findings(session: Session, findings: Iterable[QualityFinding]) -> None:
    """Take findings from the queue without a word: they come back when they are found again."""
    for finding in findings:
        row = session.get(QualityFinding, finding.id)
        if row is not None and row.outcome is None:
            row.open = False


def begin_act(session: Session, what: str, by: User | None) -> QualityAct:
    """Begin something that can be undone."""
    act = QualityAct(what=what[:200], user_id=by.id if by else None)
    session.add(act)
    session.flush()
    return act


def act_by_id(session: Session, act_id: int) -> QualityAct | None:
    """Return one act, kept from others until the transaction ends."""
    return session.get(QualityAct, act_id, with_for_update=True)


def recent_acts(session: Session, most: int) -> Sequence[QualityAct]:
    """Return the latest acts, newest first."""
    return session.scalars(select(QualityAct).order_by(QualityAct.id.desc()).limit(most)).all()


def findings_by(session: Session, act_id: int) -> Sequence[QualityFinding]:
    """Return the findings that an act decided about."""
    return session.scalars(select(QualityFinding).where(QualityFinding.act_id == act_id)).all()


def take_back(session: Session, act: QualityAct) -> None:
    """Put the findings of an act back into the queue, until they are judged again with the next indexing."""
    act.undone_at = now()
    for finding in findings_by(session, act.id):
        finding.open, finding.outcome, finding.act_id = True, None, None
        again = update(QualityMeasure).where(QualityMeasure.sha256 == finding.sha256).values(judged=False)
        session.execute(again)
