"""The report of 100,000 works: processor's time and memory beside a bare scan of the same collection."""

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from warehouse import work

from gallery.db import Database
from gallery.settings import GallerySettings
from indexer.graph.file import NEIGHBOURS, NOBODY, RECORD, graph_path, halves, write
from indexer.store import open_store
from indexer.store.model import CONTENT, ModelCard
from scraper.journal import Entry, Journal
from scraper.library import Library

WORKS = int(os.environ.get("GALLERY_WORKS", "100000"))
WIDTH, TRIED, MOST_SECONDS, MOST_TIMES, MOST_MB = 16, 300_000, 60, 3.0, 250

CHILD = """
import resource, sys, time
from contextlib import closing
from gallery.db import Database
from gallery.holdings.house import House
from gallery.report.making import make_report
from gallery.report.model import Case
from gallery.report.comparing import difference
from gallery.report.shelf import Shelf
from gallery.settings import GallerySettings
from indexer.store import open_store

settings = GallerySettings()
with closing(open_store(settings)) as store, closing(Database(settings.database)) as database:
    next(store.scan())
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.argv[1] == "scan":
        assert sum(map(len, store.scan())) > 0
    elif sys.argv[1] == "report":
        make_report(Case(House.of(settings, database, store), settings, lambda: False, lambda *said: None))
    else:
        shelf = Shelf(settings.reports_dir)
        later, earlier = (shelf.read(moment) for moment in shelf.moments()[:2])
        assert difference(shelf, earlier, later).counts["relabelled"] > 0
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(time.process_time() - began, (after - before) / 1024)
"""


@dataclass(frozen=True)
class Taken:
    """Seconds of the processor, and MB by which the process has grown."""

    seconds: float
    megabytes: float


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with its graph, journals and tables; narrow vectors, which a report does not read."""
    settings = GallerySettings(data_dir=tmp_path_factory.mktemp("report"), qdrant_url=None)
    card = ModelCard("resnet18", "ab" * 32, "none", {CONTENT: WIDTH})
    random = np.random.default_rng(5)
    ids = []
    with closing(open_store(settings)) as store:
        store.prepare(card)
        for start in range(0, WORKS, 1000):
            works = [work(number) for number in range(start, start + 1000)]
            ids += [each.id for each in works]
            store.add(works, {CONTENT: random.normal(size=(1000, WIDTH)).astype(np.float32)})
    records = np.zeros(WORKS, RECORD)
    records["high"], records["low"] = np.array(sorted(halves(each) for each in ids), np.uint64).T
    records["near"] = (WORKS * random.random((WORKS, NEIGHBOURS + 1)) ** 2).astype(np.int32)
    records["near"][:, NEIGHBOURS] = NOBODY
    write(graph_path(settings.graph_dir, card), records)
    library, at = Library(settings.library_dir), datetime.now(UTC)
    for artist in range(200):
        journal = Journal(library.artist_dir(f"Artist Number {artist}") / "journal.jsonl")
        numbers = range(artist, TRIED, 200)
        journal.add(
            [
                Entry(at, f"https://museum.example/{n}", "met", "skipped", None, "fetch", f"http-{n % 9}")
                for n in numbers
            ]
        )
    Database(settings.database).upgrade()
    return settings.data_dir


def take(what: str, folder: Path) -> Taken:
    environment = os.environ | {"GALLERY_DATA_DIR": str(folder), "GALLERY_QDRANT_URL": ""}
    environment.pop("GALLERY_QDRANT_URL")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, what], env=environment, capture_output=True, text=True, check=True
    )
    return Taken(*map(float, done.stdout.split()))


def test_a_report_costs_little_more_than_reading_the_works(folder: Path) -> None:
    scan, report = take("scan", folder), take("report", folder)
    print(f"\n{WORKS:,} works: scan {scan.seconds:.1f} s, report {report.seconds:.1f} s of the processor, ")
    print(f"{report.seconds / scan.seconds:.2f} times; memory +{scan.megabytes:.0f} and +{report.megabytes:.0f} MB")
    kept = [path for path in (folder / "reports").iterdir() if path.suffix in (".json", ".gz")]
    print(", ".join(f"{path.suffix} {path.stat().st_size / 1e6:.2f} MB" for path in kept))
    assert report.seconds < MOST_SECONDS
    assert report.seconds / scan.seconds < MOST_TIMES
    assert report.megabytes < MOST_MB


def test_two_reports_are_compared_in_step(folder: Path) -> None:
    settings = GallerySettings(data_dir=folder, qdrant_url=None)
    with closing(open_store(settings)) as store:
        some = [replace(work(number), title="Another title") for number in range(0, WORKS, 100)]
        store.set_fields({each.id: {"title": each.title} for each in some})
    scan = take("scan", folder)
    take("report", folder)
    compared = take("compare", folder)
    print(f"\ncompared in {compared.seconds:.1f} s of the processor, {compared.seconds / scan.seconds:.2f} of a scan; ")
    print(f"memory +{compared.megabytes:.0f} MB")
    assert compared.seconds < scan.seconds
    assert compared.megabytes < MOST_MB
