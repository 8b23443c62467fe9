"""What reports ask about duplicates: how many pairs came to what, and which works were merged away."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gallery.models.duplicates import STANDING, DuplicateMerge, DuplicatePair, MergeState, Verdict
from indexer.duplicates.pairs import Kind

Standing = Verdict | Literal["open", "gone"]
"""What a pair has come to: without a verdict it waits, or left the queue with a work."""


def count_verdicts(session: Session) -> Mapping[tuple[Kind, Standing], int]:
    """Return how many pairs of each kind have come to what."""
    counted = select(DuplicatePair.kind, DuplicatePair.verdict, DuplicatePair.open, func.count())
    rows = session.execute(counted.group_by(DuplicatePair.kind, DuplicatePair.verdict, DuplicatePair.open))
    found: dict[tuple[Kind, Standing], int] = {}
    for kind, verdict, waits, count in rows:
        key: tuple[Kind, Standing] = (kind, "open" if waits else verdict or "gone")
        found[key] = found.get(key, 0) + count
    return found


def count_merges(session: Session) -> Mapping[MergeState, int]:
    """Return how many works are in each state of being merged away."""
    counted = select(DuplicateMerge.state, func.count()).group_by(DuplicateMerge.state)
    return {state: count for state, count in session.execute(counted)}


def merged_works(session: Session) -> set[str]:
    """Return the sha256 of all works that were merged into others."""
    return set(session.scalars(select(DuplicateMerge.gone).where(DuplicateMerge.state.in_(STANDING))))
