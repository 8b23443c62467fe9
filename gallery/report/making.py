"""Making a report: one pass over the collection, of which every section is shown each work once."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from gallery.models.base import now
from gallery.report.model import Case, Line, Report, Section
from gallery.report.nearness import Nearness
from gallery.report.sections import SECTIONS
from gallery.report.shelf import Shelf
from indexer.errors import StoreMissing
from indexer.store.model import Artwork
from scraper import __version__


class ReportStopped(Exception):
    """The report shall not be made after all; nothing of it is kept."""


def make_report(case: Case) -> Report:
    """Make a report of the collection as it is now, and keep it.

    Raises `ReportUnwritable`, `StoreError`, `DatabaseError`, `StorageError` or `ReportStopped`; nothing of it is kept.
    """
    with shelf_of(case).writing() as writer:
        moment = now()
        parts = {section.name: section(case) for section in SECTIONS}
        with writer.works():
            for works in _all(case):
                for part in parts.values():
                    part.see(works)
                writer.add(map(Line.of, works, _shown(list(parts.values()), works)))
        facts = {}
        for name, part in parts.items():
            _go_on(case)
            facts[name] = dict(part.facts())
        return writer.keep(moment, f"semantic-gallery {__version__}", facts)


def shelf_of(case: Case) -> Shelf:
    """Return where the reports of a gallery are kept."""
    return Shelf(case.settings.reports_dir)


def _all(case: Case) -> Iterator[Sequence[Artwork]]:
    store, done = case.house.store, 0
    with suppress(StoreMissing):
        whole = store.stats().artworks
        for works in store.scan():
            _go_on(case)
            yield works
            done += len(works)
            case.say("reading works", min(done, whole), whole)


def _shown(parts: Sequence[Section], works: Sequence[Artwork]) -> list[int | None]:
    return next((part.shown.of(works) for part in parts if isinstance(part, Nearness)), [None] * len(works))


def _go_on(case: Case) -> None:
    if case.stopped():
        raise ReportStopped
