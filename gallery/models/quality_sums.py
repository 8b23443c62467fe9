"""What reports ask about the quality of pictures: how many were measured, and what findings have come to."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gallery.models.quality import NOTES, Outcome, QualityFinding, QualityMeasure
from indexer.quality.judging import Kind

FindingStanding = Outcome | Literal["alarm", "note", "gone"]
"""What a finding has come to: an outcome, or it waits as an alarm or a note, or is not found any more."""


def count_measured(session: Session, version: int) -> int:
    """Return how many pictures were measured in a version of the measures."""
    measured = select(func.count()).select_from(QualityMeasure).where(QualityMeasure.version == version)
    return session.scalar(measured) or 0


def count_findings(session: Session) -> Mapping[tuple[Kind, FindingStanding], int]:
    """Return how many findings of each kind have come to what."""
    note = QualityFinding.rank >= NOTES
    counted = select(QualityFinding.kind, QualityFinding.outcome, QualityFinding.open, note, func.count())
    rows = session.execute(counted.group_by(QualityFinding.kind, QualityFinding.outcome, QualityFinding.open, note))
    found: Counter[tuple[Kind, FindingStanding]] = Counter()
    for kind, outcome, waits, is_note, count in rows:
        standing: FindingStanding = outcome or "gone"
        if waits:
            standing = "note" if is_note else "alarm"
        found[kind, standing] += count
    return found


def count_alarmed(session: Session) -> int:
    """Return how many works have an alarm that waits."""
    alarms = select(func.count(QualityFinding.sha256.distinct()))
    return session.scalar(alarms.where(QualityFinding.open.is_(True), QualityFinding.rank < NOTES)) or 0
