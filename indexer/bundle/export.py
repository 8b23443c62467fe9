"""A bundle made of the collection and the library."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from indexer.bundle import parquet
from indexer.bundle.card import data_card
from indexer.bundle.parquet import Places
from indexer.bundle.rights import why_not
from indexer.bundle.tables import COLUMNS, WITHHELD, withheld_row, work_row, write_table
from indexer.errors import NothingToExport
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Artwork, Vector
from indexer.whole_folder import whole_folder
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.model import ArtworkRecord
from scraper.names import slug

Grouping = Literal["artist", "cluster", "tag"]

SUMS = "SHA256SUMS"
_BLOCK = 1_000
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class BundleExport:
    """Works packed and withheld, the size of the pictures in bytes, and whether a Parquet file was written."""

    packed: int
    withheld: int
    size: int
    parquet: bool


def export_bundle(
    store: ArtworkStore,
    library: Library,
    out: Path,
    *,
    by: Grouping = "artist",
    lens: str = CONTENT,
    places: Places = MappingProxyType({}),
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> BundleExport:
    """Write a folder with tables, vectors, pictures in a folder for each `by`, a data card and checksums.

    What may not be handed on, or has no picture in the library, is listed and not packed. The Parquet file is written
    where pyarrow is installed; `places` are where works are on the map. Raises `NothingToExport`, `ExportRefused`,
    `ExportUnwritable`, and what the store raises.
    """
    works = [work for batch in store.scan() for work in batch]
    if not works:
        raise NothingToExport
    with whole_folder(out, SUMS) as folder:
        packed, files, withheld, size = list[Artwork](), list[str](), list[tuple[Artwork, str]](), 0
        for at, work in enumerate(works, 1):
            record = _record(library, work)
            reason = why_not(work.licence, record)
            original = None if reason or record is None else library.picture_path(record.picture)
            if original is None or not original.is_file():
                withheld.append((work, reason or "its picture is not in the library"))
            else:
                file = f"pictures/{group_of(work, by)}/{work.sha256}{original.suffix}"
                size += _copy(original, folder / file)
                packed.append(work)
                files.append(file)
            watch(at, len(works))
        write_table(folder / "works.csv", COLUMNS, map(work_row, packed, files))
        write_table(folder / "withheld.csv", WITHHELD, (withheld_row(*entry) for entry in withheld))
        _write_vectors(folder / "vectors.npy", store, packed, lens)
        with_parquet = _write_parquet(folder, packed, files, places)
        reasons = [reason for _, reason in withheld]
        card = data_card(packed, reasons, store.stats().card, by, with_parquet=with_parquet)
        (folder / "README.md").write_text(card, encoding="utf-8")
        _write_sums(folder)
    return BundleExport(len(packed), len(withheld), size, with_parquet)


def group_of(work: Artwork, by: Grouping) -> str:
    """Return the name of a work's folder: a safe one, whatever the work is called."""
    if by == "artist":
        return slug(work.artist)
    if by == "cluster":
        return f"cluster-{slug(work.cluster)}" if work.cluster else "no-cluster"
    tags = [label for _, label, *_ in work.given] + [word for word, _ in work.seen] + list(work.tags)
    return slug(tags[0]) if tags else "no-tag"


def _record(library: Library, work: Artwork) -> ArtworkRecord | None:
    try:
        return library.get(work.sha256)
    except DamagedRecord:
        return None


def _write_parquet(folder: Path, works: list[Artwork], files: list[str], places: Places) -> bool:
    """Write the Parquet file after `vectors.npy`, and tell whether it could be."""
    if not works or not parquet.is_installed():
        return False
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    parquet.write_parquet(folder / parquet.NAME, works, files, _blocks(vectors), vectors.shape[1], places)
    return True


def _blocks(vectors: Vector) -> Iterator[Vector]:
    for start in range(0, len(vectors), _BLOCK):
        yield np.ascontiguousarray(vectors[start : start + _BLOCK])


def _copy(original: Path, to: Path) -> int:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(original, to)
    return to.stat().st_size


def _write_vectors(path: Path, store: ArtworkStore, works: list[Artwork], lens: str) -> None:
    if not works:
        np.save(path, np.empty((0, 0), np.float32))
        return
    width = store.vectors([works[0].id], lens=lens).shape[1]
    whole = np.lib.format.open_memmap(path, "w+", np.float32, (len(works), width))
    for start in range(0, len(works), _BLOCK):
        block = works[start : start + _BLOCK]
        whole[start : start + len(block)] = store.vectors([work.id for work in block], lens=lens)
    whole.flush()


def _write_sums(folder: Path) -> None:
    lines = [f"{_sum(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _sum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
