"""What was decided in each queue of the desk, in the same words: when, by whom, in which part, and whether it was an
error that was found.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case as when
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gallery.models.clusters import WHOLE, ClusterCard, ClusterDecision, ClusterNote
from gallery.models.duplicates import DuplicateAct, DuplicatePair
from gallery.models.held import HeldAct, HeldWork
from gallery.models.labels import BANDS, LabelCase, waiting
from gallery.models.quality import QualityAct, QualityFinding
from gallery.models.takedowns import Takedown
from indexer.suspicion.model import Field

MOST = 2_000
"""Decisions of a queue that are looked at, the latest."""

_BAND = when(*((LabelCase.rank <= -least, at) for at, least in enumerate(BANDS)), else_=len(BANDS) - 1)
"""The band of the queue that a label is in, 0 the most suspicious."""


class Decision(NamedTuple):
    """One decision about one case."""

    at: datetime
    user_id: int | None
    part: str
    error: bool


def label_decisions(session: Session, what: Field) -> Sequence[Decision]:
    """Return what was said of suspicious labels of a field, the latest first; "later" is no decision."""
    found = select(LabelCase.decided_at, LabelCase.user_id, _BAND, LabelCase.verdict != "right")
    found = found.where(LabelCase.field == what, LabelCase.verdict.in_(("right", "corrected", "hidden")))
    rows = session.execute(found.order_by(LabelCase.decided_at.desc(), LabelCase.id.desc()).limit(MOST))
    return [Decision(at, by, str(band), bool(error)) for at, by, band, error in rows if at]


def open_labels(session: Session, what: Field) -> dict[str, int]:
    """Return how many labels of a field wait in each band of the queue."""
    counted = select(_BAND, func.count()).where(*waiting(what)).group_by(_BAND)
    return {str(at): count for at, count in session.execute(counted)}


def duplicate_decisions(session: Session) -> Sequence[Decision]:
    """Return what was said of pairs, the latest first; an error is a pair that is one work, or versions of one."""
    found = select(DuplicateAct.at, DuplicateAct.user_id, DuplicatePair.kind, DuplicatePair.verdict != "different")
    found = found.join(DuplicateAct, DuplicateAct.id == DuplicatePair.act_id)
    found = found.where(DuplicatePair.verdict.is_not(None))
    rows = session.execute(found.order_by(DuplicateAct.at.desc(), DuplicatePair.id).limit(MOST))
    return [Decision(at, by, kind, bool(error)) for at, by, kind, error in rows]


def held_decisions(session: Session) -> Sequence[Decision]:
    """Return what was said of held works, the latest first; an error is one that must not be shown."""
    found = select(HeldAct.at, HeldAct.user_id, HeldWork.state).join(HeldAct, HeldAct.id == HeldWork.act_id)
    found = found.where(HeldWork.state != "held").order_by(HeldAct.at.desc(), HeldWork.sha256)
    return [Decision(at, by, "", state != "published") for at, by, state in session.execute(found.limit(MOST))]


def quality_decisions(session: Session) -> Sequence[Decision]:
    """Return what became of findings about pictures, the latest first; an error is one that was mended or hidden."""
    found = select(QualityAct.at, QualityAct.user_id, QualityFinding.kind, QualityFinding.outcome != "fine")
    found = found.join(QualityAct, QualityAct.id == QualityFinding.act_id).where(QualityFinding.outcome.is_not(None))
    rows = session.execute(found.order_by(QualityAct.at.desc(), QualityFinding.id).limit(MOST))
    return [Decision(at, by, kind, bool(error)) for at, by, kind, error in rows]


def takedown_decisions(session: Session) -> Sequence[Decision]:
    """Return what became of requests, the latest first; an error is a work that was taken down."""
    found = select(Takedown.decided_at, Takedown.user_id, Takedown.state).where(Takedown.decided_at.is_not(None))
    rows = session.execute(found.order_by(Takedown.decided_at.desc()).limit(MOST))
    return [Decision(at, by, "", state == "down") for at, by, state in rows if at]


def count_takedowns(session: Session) -> int:
    """Return how many requests wait."""
    return session.scalar(select(func.count()).select_from(Takedown).where(Takedown.state == "asked")) or 0


def cluster_decisions(session: Session) -> Sequence[Decision]:
    """Return what was decided about clusters and stands, the latest first; an error is one whose works were changed."""
    stands = select(ClusterDecision).where(ClusterDecision.undone_at.is_(None)).order_by(ClusterDecision.id.desc())
    return [
        Decision(row.at, row.user_id, "", row.decision.get("kind") not in ("note", "pin"))
        for row in session.scalars(stands.limit(MOST))
    ]


def count_clusters(session: Session) -> tuple[int, int]:
    """Return how many clusters of the whole collection there are, and of how many nobody has said anything."""
    whole = select(func.count()).select_from(ClusterCard).where(ClusterCard.scope == WHOLE)
    said = select(ClusterNote.cluster)
    return session.scalar(whole) or 0, session.scalar(whole.where(ClusterCard.cluster.not_in(said))) or 0
