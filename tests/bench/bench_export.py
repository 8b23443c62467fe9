"""Exporting 10,000 works as a data set, beside a bare copy of their pictures."""

import hashlib
import resource
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from exhibition import settings_for
from shelf import NOON
from warehouse import CARD, WIDTH, work

from indexer.bundle.export import export_bundle
from indexer.bundle.order import BundleOrder, Format, Split
from indexer.bundle.parquet import is_installed
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from scraper.library import Library
from scraper.model import ArtworkRecord, Candidate, Licence, Picture, Sighting
from scraper.records import to_json

WORKS, BYTES = 10_000, 60_000
MOST_TIMES = 4.0
"""How many times a bare copy an export of pictures in folders, with tables and vectors, may take of the processor."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 10,000 works: pictures of random bytes, records, vectors."""
    folder = tmp_path_factory.mktemp("export")
    settings, random = settings_for(folder), np.random.default_rng(3)
    with closing(open_store(settings)) as store:
        store.prepare(CARD)
        for start in range(0, WORKS, 1_000):
            works = [hung(settings.library_dir, start + row, random.bytes(BYTES)) for row in range(1_000)]
            vectors = random.normal(size=(len(works), WIDTH)).astype(np.float32)
            store.add(works, {CONTENT: vectors / np.linalg.norm(vectors, axis=1, keepdims=True)})
    return folder


def hung(root: Path, number: int, content: bytes) -> Artwork:
    """Put a picture with its record into the library and return its work."""
    sha256, made = hashlib.sha256(content).hexdigest(), work(number)
    folder = root / "pictures" / sha256[:2]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sha256}.jpg").write_bytes(content)
    address = f"https://museum.example/{number}"
    seen = Sighting(
        Candidate("webpage", 1, page_url=address), "exact", address, address, 200, None, NOON, "allowed", "1", False
    )
    picture, licence = Picture(sha256, len(content), "JPEG", "RGB", 800, 600, 1), Licence("PDM-1.0")
    facts = (made.artist, made.title, made.year, made.movement, made.medium, made.institution, made.tags)
    record = ArtworkRecord(picture, *facts, licence, (seen,), NOON)
    (folder / f"{sha256}.json").write_bytes(to_json(record))
    own = {name: getattr(made, name) for name in Artwork.__slots__}
    return Artwork(**own | {"sha256": sha256, "licence": "PDM-1.0"})


def measured(act: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and of the processor."""

    def spent() -> float:
        return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])

    began, before = time.perf_counter(), spent()
    act()
    return time.perf_counter() - began, spent() - before


def test_an_export_takes_a_few_times_what_a_bare_copy_does(shelf: Path, tmp_path: Path) -> None:
    settings = settings_for(shelf)
    clock, bare = measured(lambda: shutil.copytree(settings.library_dir / "pictures", tmp_path / "bare"))
    print(f"\n{WORKS:,} works of {BYTES / 1000:.0f} kB; a bare copy: {clock:.1f} s, {bare:.1f} s of a core")
    kinds: list[tuple[Format, ...]] = [("csv",), ("imagefolder",), ("webdataset",), ("imagefolder", "webdataset")]
    kinds += [("parquet",)] if is_installed() else []
    times, library = dict[tuple[Format, ...], float](), Library(settings.library_dir)
    with closing(open_store(settings)) as store:
        for formats in kinds:
            order = BundleOrder(frozenset(formats), split=Split.parse("80/10/10"))
            out = tmp_path / "-".join(formats)
            clock, spent = measured(partial(export_bundle, store, library, out, order))
            times[formats] = spent / bare
            print(f"{' and '.join(formats)}: {clock:.1f} s, {spent:.1f} s of a core, {spent / bare:.1f} times the copy")
            shutil.rmtree(out)
    assert times[("imagefolder",)] <= MOST_TIMES
