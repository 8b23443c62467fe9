"""What reports ask about suspicious labels: how many cases of each field have come to what."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gallery.models.labels import LabelCase, LabelVerdict
from indexer.suspicion.model import Field

CaseStanding = LabelVerdict | Literal["open", "gone"]
"""What a case has come to: without a verdict it waits, or is not found any more."""


def count_cases(session: Session) -> Mapping[tuple[Field, CaseStanding], int]:
    """Return how many cases of each field have come to what."""
    counted = select(LabelCase.field, LabelCase.verdict, LabelCase.open, func.count())
    rows = session.execute(counted.group_by(LabelCase.field, LabelCase.verdict, LabelCase.open))
    found: Counter[tuple[Field, CaseStanding]] = Counter()
    for field, verdict, waits, count in rows:
        found[field, verdict or ("open" if waits else "gone")] += count
    return found


def count_confident(session: Session) -> Mapping[Field, int]:
    """Return of how many waiting cases of each field confident learning says that the label is wrong."""
    waiting = select(LabelCase.field, LabelCase.evidence).where(LabelCase.open.is_(True))
    found: Counter[Field] = Counter()
    for field, evidence in session.execute(waiting.execution_options(yield_per=1000)):
        found[field] += bool(evidence.get("confident"))
    return found


def label_verdicts_between(session: Session, since: datetime, until: datetime, most: int) -> Sequence[LabelCase]:
    """Return the cases that were decided in a time, oldest first."""
    decided = select(LabelCase).where(LabelCase.decided_at > since, LabelCase.decided_at <= until)
    return session.scalars(decided.order_by(LabelCase.decided_at, LabelCase.id).limit(most)).all()
