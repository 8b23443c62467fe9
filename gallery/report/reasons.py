"""What was noted between two reports: why works are there no more, and what curators decided."""

from collections.abc import Mapping

from gallery.db import Database
from gallery.models.duplicate_sums import acts_between, merged_works
from gallery.report.comparing import Difference, Reasons, difference
from gallery.report.model import Report
from gallery.report.shelf import Shelf
from gallery.report.words import day
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.withdrawn import Why, WithdrawnFile

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
    with database.reading() as session:
        acts = acts_between(session, before.made_at, after.made_at, _MOST_ACTS)
    found.acts = [(f"{act.at:%Y-%m-%d}", act.what) for act in acts]
    return found


def reasons(library: Library, database: Database) -> Reasons:
    """Return what tells why works are gone; raises `StorageError` when the list of withdrawn ones cannot be read."""
    withdrawn = WithdrawnFile(library).now()
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
