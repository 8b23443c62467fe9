"""What curators did to many works at once, over all desks whose acts are undone as a whole."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gallery.models.duplicates import DuplicateAct
from gallery.models.held import HeldAct
from gallery.models.quality import QualityAct


def acts_between(session: Session, since: datetime, until: datetime, most: int) -> Sequence[tuple[datetime, str]]:
    """Return when what was done in a time and not undone since, oldest first; `most` of each desk."""
    found: list[tuple[datetime, str]] = []
    for table in (DuplicateAct, HeldAct, QualityAct):
        acts = select(table.at, table.what).where(table.at > since, table.at <= until, table.undone_at.is_(None))
        found += [(at, what) for at, what in session.execute(acts.order_by(table.id).limit(most))]
    return sorted(found)
