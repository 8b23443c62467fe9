"""What tests of reports share: one small gallery for a whole file, put back as it was after each test."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from exhibition import Exhibition, random_vectors

from gallery.db import Database
from gallery.holdings.house import House
from gallery.report.model import Case
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT


@contextmanager
def opened(own: Exhibition) -> Iterator[ArtworkStore]:
    """Open a gallery's collection."""
    with closing(open_store(own.settings())) as store:
        yield store


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
