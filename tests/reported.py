"""What tests of reports share: what one is made from, a gallery put back as it was after each, and shelves of them."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from exhibition import Exhibition, random_vectors

from gallery.db import Database
from gallery.holdings.house import House
from gallery.report.model import Case, Line, Report
from gallery.report.shelf import Shelf
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
EVIL = '"><script>alert(1)</script><img src="https://evil.example/x">'


def put_back(own: Exhibition, store: ArtworkStore) -> None:
    """Let a gallery be as it was hung, without library, graph and reports."""
    known = {work.id for work in own.works}
    store.delete([work.id for batch in store.scan() for work in batch if work.id not in known])
    store.add(tuple(reversed(own.works)), {CONTENT: random_vectors(len(own.works))})
    settings = own.settings()
    for folder in (settings.reports_dir, settings.graph_dir, settings.library_dir):
        shutil.rmtree(folder, ignore_errors=True)


def case_of(own: Exhibition, store: ArtworkStore, database: Database) -> Case:
    """Return what a report of a gallery is made from."""
    settings = own.settings()
    return Case(House.of(settings, database, store), settings, lambda: False, lambda what, done, total: None)


def stopped(case: Case) -> Case:
    """Return the same, to be stopped at once."""
    return replace(case, stopped=lambda: True)


def kept(case: Case) -> Shelf:
    return Shelf(case.settings.reports_dir)


def put(shelf: Shelf, lines: Sequence[Line], moment: datetime = NOW) -> Report:
    """Put a report of some works on a shelf, which tells nothing but how many they are."""
    with shelf.writing() as writer:
        with writer.works():
            writer.add(sorted(lines))
        return writer.keep(moment, "tests", {"contents": {"works": len(lines)}})


def line(number: int, *, title: str = "", licence: str = "unknown", shown: int | None = None) -> Line:
    return Line(f"{number:064x}", title, "Ada", None, None, licence, None, 3, 2, shown)


def works(shelf: Shelf, report: Report) -> list[Line]:
    """Return all works of a report."""
    return [shelf.work(report, line) for line in shelf.lines(report)]
