"""Labels that may be wrong, what curators said of each, and the runs that found them.

A case is known by a work's sha256, the field and what the work stated: a verdict holds whatever is scraped, indexed or
looked through again, and a label that has changed since is another case.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy import update as change
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, in_parts, now, one_of
from gallery.models.keyset import Place, Ranked, behind
from gallery.models.users import User
from indexer.suspicion.model import Field, Finding, Reason

LabelVerdict = Literal["right", "corrected", "hidden", "unsure"]
VERDICTS: tuple[LabelVerdict, ...] = get_args(LabelVerdict)
FIELDS: tuple[Field, ...] = get_args(Field)
REASONS: tuple[Reason, ...] = get_args(Reason)
LONGEST_VALUE = 300

BANDS = (6.0, 3.0, 1.5, 0.0)
"""Least strengths of the bands of the queue, from nearly sure to hardly suspicious."""


class LabelCase(Ranked, Base):
    """A label to look at; `rank` orders the queue (the strongest first), `open` says that it waits there.

    `before` is what had been corrected before the verdict, for taking it back.
    """

    __tablename__ = "label_cases"
    __table_args__ = (
        one_of("field", FIELDS),
        one_of("reason", REASONS),
        one_of("verdict", VERDICTS),
        UniqueConstraint("sha256", "field", "stated"),
        Index("ix_label_cases_open_rank_id", "open", "rank", "id"),
        Index("ix_label_cases_open_field_rank_id", "open", "field", "rank", "id"),
        Index("ix_label_cases_verdict_decided_at", "verdict", "decided_at"),
    )

    sha256: Mapped[str] = mapped_column(String(64))
    field: Mapped[Field] = mapped_column(String(16))
    stated: Mapped[str] = mapped_column(String(LONGEST_VALUE))
    suggested: Mapped[str | None] = mapped_column(String(LONGEST_VALUE))
    reason: Mapped[Reason] = mapped_column(String(16))
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    open: Mapped[bool] = mapped_column(default=True)
    verdict: Mapped[LabelVerdict | None] = mapped_column(String(16))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    found_at: Mapped[datetime] = mapped_column(default=now)


class LabelRun(Base):
    """One look through all labels; `parts` says of each field that is done how many were judged and found.

    `mark` tells whether the collection is still what it was when the run began: only then does another go on with it.
    """

    __tablename__ = "label_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
    works: Mapped[int]
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


def store_findings(session: Session, what: Field, found: Sequence[Finding]) -> int:
    """Let these be the open cases of a field and return how many are new; what was decided is left as it is."""
    known = {(case.sha256, case.stated): case for case in _cases_of(session, what, [each.sha256 for each in found])}
    kept: list[LabelCase] = []
    new = 0
    for each in found:
        values: dict[str, Any] = {"suggested": each.suggested, "reason": each.reason, "rank": -each.strength}
        values["evidence"] = dict(each.evidence)
        stated = each.stated[:LONGEST_VALUE]
        case = known.get((each.sha256, stated))
        if case is None:
            new += 1
            case = LabelCase(sha256=each.sha256, field=what, stated=stated, **values)
            session.add(case)
        elif case.verdict is None:
            for name, value in values.items():
                setattr(case, name, value)
            case.open = True
        kept.append(case)
    session.flush()
    _close_others(session, what, {case.id for case in kept})
    return new


def _cases_of(session: Session, what: Field, hashes: Sequence[str]) -> Iterable[LabelCase]:
    for some in in_parts(hashes):
        yield from session.scalars(select(LabelCase).where(LabelCase.field == what, LabelCase.sha256.in_(some)))


def _close_others(session: Session, what: Field, kept: set[int]) -> None:
    opened = select(LabelCase.id).where(LabelCase.field == what, LabelCase.open.is_(True))
    close_cases(session, [number for number in session.scalars(opened) if number not in kept])


def close_cases(session: Session, ids: Sequence[int]) -> None:
    """Take cases from the queue without a verdict: they come back when they are found again."""
    for some in in_parts(ids):
        closed = change(LabelCase).where(LabelCase.id.in_(some), LabelCase.verdict.is_(None)).values(open=False)
        session.execute(closed, execution_options={"synchronize_session": False})


def waiting(what: Field | None = None, *, later: bool = False) -> list[ColumnElement[bool]]:
    """Return the conditions of cases that wait, of one field or all; `later` those that somebody was unsure of."""
    found: list[ColumnElement[bool]] = [LabelCase.verdict == "unsure"] if later else [LabelCase.open.is_(True)]
    return [*found, LabelCase.field == what] if what else found


def cases(
    session: Session, size: int, *, what: Field | None = None, after: Place | None = None, later: bool = False
) -> Sequence[LabelCase]:
    """Return cases that wait, the most suspicious first, behind a place of the queue."""
    found = select(LabelCase).where(*waiting(what, later=later))
    return session.scalars(behind(found, LabelCase.rank, LabelCase.id, after, size)).all()


def count_waiting(session: Session) -> Mapping[str, int]:
    """Return how many cases of each field wait, and how many under "later", counted in the indexes alone."""
    conditions: dict[str, Any] = {what: waiting(what) for what in FIELDS}
    conditions["later"] = waiting(later=True)
    counted = [
        select(func.count()).select_from(LabelCase).where(*each).scalar_subquery() for each in conditions.values()
    ]
    return dict(zip(conditions, session.execute(select(*counted)).one(), strict=True))


def case_by_id(session: Session, case_id: int) -> LabelCase | None:
    """Return one case, kept from others until the transaction ends."""
    return session.get(LabelCase, case_id, with_for_update=True)


def give_verdict(case: LabelCase, verdict: LabelVerdict, by: User | None, before: dict[str, Any] | None = None) -> None:
    """Give a case its verdict, which takes it from the queue."""
    case.verdict, case.open, case.before = verdict, False, before
    case.user_id, case.decided_at = by.id if by else None, now()


def take_back(case: LabelCase) -> None:
    """Put a case back into the queue."""
    case.verdict, case.open, case.before, case.user_id, case.decided_at = None, True, None, None, None


def settle(
    session: Session, sha256: str, what: str, value: Any, by: User | None, before: dict[str, Any] | None
) -> None:
    """Let the cases about a field of a work be decided by a correction of it, wherever that was made."""
    mine = select(LabelCase).where(LabelCase.sha256 == sha256, LabelCase.field == what)
    for case in session.scalars(mine):
        if case.verdict in (None, "unsure"):
            give_verdict(case, "right" if str(value) == case.stated else "corrected", by, before)


def recent_verdicts(session: Session, most: int) -> Sequence[tuple[LabelCase, str | None]]:
    """Return what was decided last, with who did."""
    decided = select(LabelCase, User.name).outerjoin(User, User.id == LabelCase.user_id)
    decided = decided.where(LabelCase.verdict.is_not(None)).order_by(LabelCase.decided_at.desc(), LabelCase.id.desc())
    return [(case, name) for case, name in session.execute(decided.limit(most))]


def last_label_run(session: Session) -> LabelRun | None:
    """Return the run that began last."""
    return session.scalar(select(LabelRun).order_by(LabelRun.id.desc()).limit(1))


def begin_label_run(session: Session, mark: str, works: int) -> LabelRun:
    """Return the run to go on with: the last one if it was cut short and nothing has changed since, or a new one."""
    last = last_label_run(session)
    if last is not None and last.finished_at is None and last.mark == mark:
        return last
    run = LabelRun(mark=mark, works=works, parts={})
    session.add(run)
    session.flush()
    return run


def label_run(session: Session, run_id: int) -> LabelRun:
    """Return a run that is there, kept from others until the transaction ends."""
    return session.get_one(LabelRun, run_id, with_for_update=True)
