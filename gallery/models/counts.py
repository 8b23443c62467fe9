"""How much there is of everything, for the first page of the desk."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gallery.models.artists import Artist
from gallery.models.corrections import Correction
from gallery.models.duplicates import DuplicatePair
from gallery.models.duplicates import queue as waiting
from gallery.models.held import HeldWork
from gallery.models.jobs import LIVE, Job
from gallery.models.labels import LabelCase
from gallery.models.quality import QualityFinding
from gallery.models.quality import queue as findings
from gallery.models.takedowns import Takedown
from gallery.models.users import User


class DeskCounts(NamedTuple):
    """What waits for somebody, and what there is."""

    artists: int
    live_jobs: int
    takedown_requests: int
    duplicates: int
    held: int
    findings: int
    labels: int
    corrections: int
    accounts: int


def desk_counts(session: Session) -> DeskCounts:
    """Count everything in one query."""
    counted = (
        select(func.count()).select_from(Artist),
        select(func.count()).select_from(Job).where(Job.state.in_(LIVE)),
        select(func.count()).select_from(Takedown).where(Takedown.state == "asked"),
        select(func.count()).select_from(DuplicatePair).where(*waiting()),
        select(func.count()).select_from(HeldWork).where(HeldWork.state == "held"),
        select(func.count()).select_from(QualityFinding).where(*findings()),
        select(func.count()).select_from(LabelCase).where(LabelCase.open.is_(True)),
        select(func.count()).select_from(Correction),
        select(func.count()).select_from(User).where(User.active),
    )
    return DeskCounts(*session.execute(select(*(each.scalar_subquery() for each in counted))).one())
