"""What was noted between two reports: why works are there no more, and what curators decided."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from gallery.db import Database, Session
from gallery.models.acts import acts_between
from gallery.models.duplicate_sums import merged_works
from gallery.models.label_sums import label_verdicts_between
from gallery.report.comparing import Difference, Reasons, difference
from gallery.report.model import Report
from gallery.report.shelf import Shelf
from gallery.report.words import day
from scraper.errors import DamagedRecord, StorageError
from scraper.library import Library
from scraper.withdrawn import Why, Withdrawn, WithdrawnFile

_WORDS: Mapping[Why, str] = {
    "taken-down": "taken down",
    "deleted": "deleted",
    "hidden": "hidden",
    "held": "held for a curator",
}


_MOST_ACTS = 100


def compared(library: Library, database: Database, shelf: Shelf, before: Report, after: Report) -> Difference:
    """Compare two reports, with what was noted in between of works that went and of verdicts."""
    found = difference(shelf, before, after, reasons(library, database))
    _, found.remark = _withdrawn(library)
    with database.reading() as session:
        found.acts = sorted(_acts(session, before.made_at, after.made_at))
    return found


def _acts(session: Session, since: datetime, until: datetime) -> Iterator[tuple[str, str]]:
    for at, what in acts_between(session, since, until, _MOST_ACTS):
        yield f"{at:%Y-%m-%d}", what
    for case in label_verdicts_between(session, since, until, _MOST_ACTS):
        rather = f", rather {case.suggested}" if case.suggested else ""
        yield f"{case.decided_at:%Y-%m-%d}", f"{case.verdict}: {case.field} {case.stated}{rather}"


def reasons(library: Library, database: Database) -> Reasons:
    """Return what tells why works are gone, as far as that can be read."""
    withdrawn, _ = _withdrawn(library)
    with database.reading() as session:
        merged = merged_works(session)

    def why(sha256: str) -> str:
        # What is merged is hidden too, until the trash is emptied.
        if sha256 in merged:
            return "merged into another"
        entry = withdrawn.of(sha256)
        if entry is not None:
            return f"{_WORDS[entry.why]} on {day(f'{entry.at:%Y-%m-%d}')}"
        try:
            return "a larger copy took its place" if library.original_of(sha256) != sha256 else ""
        except DamagedRecord:
            return ""

    return why


def _withdrawn(library: Library) -> tuple[Withdrawn, str]:
    """Return the list of what is withdrawn, or an empty one and what keeps it from being read."""
    try:
        return WithdrawnFile(library).now(), ""
    except StorageError as error:
        return Withdrawn(), f"Why works went is told in part only. {error}"
