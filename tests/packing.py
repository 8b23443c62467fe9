"""A gallery whose works have originals and records, and what a bundle of them holds."""

import csv
import shutil
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from exhibition import ARTISTS, CARD, Exhibition, random_vectors
from shelf import drawing, encoded, keep

from indexer.bundle.export import BundleExport, export_bundle
from indexer.bundle.order import BundleOrder, Format
from indexer.bundle.parquet import Places
from indexer.bundle.splitting import Pairs
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Artwork
from scraper.library import Library
from scraper.names import slug

USUAL = BundleOrder()
ALL_FORMATS: frozenset[Format] = frozenset({"imagefolder", "webdataset", "csv"})
LICENCES = ("unknown", "CC-BY-SA-4.0", "PDM-1.0")


@dataclass(frozen=True)
class Rooms(Exhibition):
    """An exhibition whose works have originals and records in a real library; `store` is its collection if open."""

    store: ArtworkStore | None = None

    def copy(self, folder: Path) -> "Rooms":
        shutil.copytree(self.data_dir, folder, dirs_exist_ok=True)
        return Rooms(folder, self.works)

    @property
    def library(self) -> Library:
        return Library(self.settings().library_dir)

    def original(self, work: Artwork) -> Path:
        return self.library.root / "pictures" / work.sha256[:2] / f"{work.sha256}.png"

    def record(self, work: Artwork) -> Path:
        return self.library.record_path(work.sha256)


def furnished(folder: Path) -> Rooms:
    """Fill a folder with two dozen small works by four artists, kept by the scraper's own keeper."""
    own = Rooms(folder, ())
    pictures = [encoded(drawing(number, (64, 48)), "PNG") for number in range(24)]
    records = keep(own.settings().library_dir, *pictures)
    works = tuple(
        Artwork(
            *(record.picture.sha256, f"Study {number} of waves", ARTISTS[number % 4], slug(ARTISTS[number % 4])),
            *(64, 48, "PNG", 1_700_000_000.0 + number, 1),
            year=1860 + number,
            movement="Tides" if number % 2 else None,
            tags=("seashore, coast", "cliff") if number % 2 else (),
            licence=LICENCES[number % 3],
            credit="Photograph: the museum" if number % 3 == 1 else None,
        )
        for number, record in enumerate(records)
    )
    with closing(open_store(own.settings())) as store:
        store.prepare(CARD)
        store.add(works, {CONTENT: random_vectors(len(works))})
    return Rooms(own.data_dir, works)


@pytest.fixture(scope="module")
def pristine_rooms(tmp_path_factory: pytest.TempPathFactory) -> Rooms:
    return furnished(tmp_path_factory.mktemp("rooms"))


@pytest.fixture(scope="module")
def rooms(pristine_rooms: Rooms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    """The same, open, for those who only read."""
    own = pristine_rooms.copy(tmp_path_factory.mktemp("open"))
    with closing(open_store(own.settings())) as store:
        yield replace(own, store=store)


@pytest.fixture
def own_rooms(pristine_rooms: Rooms, tmp_path: Path) -> Rooms:
    """The same, for those who change it."""
    return pristine_rooms.copy(tmp_path / "data")


def export(
    own: Rooms, out: Path, order: BundleOrder = USUAL, *, pairs: Pairs = (), places: Places | None = None
) -> BundleExport:
    with nullcontext(own.store) if own.store else closing(open_store(own.settings())) as store:
        return export_bundle(store, own.library, out, order, pairs=pairs, places=places or {})


def files_of(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def withheld(out: Path) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in table(out / "withheld.csv")}
