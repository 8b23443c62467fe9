"""A bundle made of the collection and the library."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from indexer.bundle import parquet, vectors
from indexer.bundle.card import Contents, credits_of, data_card
from indexer.bundle.croissant import croissant
from indexer.bundle.leaving import ABSENT, CLOSED, DAMAGED, Gate, LeftOut
from indexer.bundle.order import BundleOrder, check_classes, class_of
from indexer.bundle.parquet import Places
from indexer.bundle.shards import ALL, Shards
from indexer.bundle.splitting import Pairs, sides
from indexer.bundle.sums import NAME as SUMS
from indexer.bundle.sums import SumsOf
from indexer.bundle.tables import COLUMNS, WITHHELD, Packed, write_table
from indexer.errors import BadOrder, ExportTooLarge, NothingToExport
from indexer.store import ArtworkStore
from indexer.store.model import Artwork
from indexer.whole_folder import whole_folder
from scraper.library import Library
from scraper.model import ArtworkRecord

# What a work takes besides its picture and its vector: its lines in tables, headers in shards, a block on the disk.
_BESIDES = 8_192


@dataclass(frozen=True, slots=True)
class BundleExport:
    """Works packed and withheld, and the size of all files in bytes."""

    packed: int
    withheld: int
    size: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A work that shall be packed, with its picture."""

    work: Artwork
    picture: Path
    label: str
    side: str


def export_bundle(
    store: ArtworkStore,
    library: Library,
    out: Path,
    order: BundleOrder,
    *,
    pairs: Pairs = (),
    places: Places = MappingProxyType({}),
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> BundleExport:
    """Write the folder `out` with all that is asked for, a list of what is left out, a data card and checksums.

    The same collection, order, `pairs` (works that belong on one side of a split) and `places` (where works are on the
    map) give the same bytes. Raises `BadOrder`, `NothingToExport`, `ExportTooLarge`, `ExportRefused`,
    `ExportUnwritable`, and what the store raises.
    """
    works = sorted((work for batch in store.scan() for work in batch), key=lambda work: work.sha256)
    if not works:
        raise NothingToExport
    if "parquet" in order.formats and not parquet.is_installed():
        raise BadOrder("nothing here writes Parquet files: `pip install 'semantic-gallery[parquet]'` brings it.")
    check_classes(order.by, works)
    chosen, left = _choose(works, library, order, pairs)
    _check_room(out, store, chosen, order)
    with whole_folder(out, SUMS) as folder:
        sums = SumsOf(folder)
        packed, damaged = _pack(sums, chosen, order, watch)
        left = sorted([*left, *damaged], key=lambda entry: entry.id)
        write_table(folder / "works.csv", COLUMNS, (each.facts.values() for each in packed))
        write_table(folder / "withheld.csv", WITHHELD, (entry.row for entry in left))
        vectors.write_vectors(folder / vectors.NAME, store, [each.work for each in packed], order.lens)
        if "parquet" in order.formats and packed:
            _write_parquet(folder, packed, places)
        (folder / "CREDITS.txt").write_text(credits_of(packed), encoding="utf-8")
        contents = Contents(packed, [entry.reason for entry in left], store.stats().card, order)
        (folder / "croissant.json").write_text(croissant(contents, sums), encoding="utf-8")
        (folder / "README.md").write_text(data_card(contents), encoding="utf-8")
        size = sum((folder / name).stat().st_size for name in sums.write())
    return BundleExport(len(packed), len(left), size)


def _choose(
    works: Sequence[Artwork], library: Library, order: BundleOrder, pairs: Pairs
) -> tuple[list[_Chosen], list[LeftOut]]:
    gate = Gate(library, order.licences)
    chosen, left = list[_Chosen](), list(gate.not_shown({work.sha256 for work in works}))
    side: Mapping[str, str] = sides(works, pairs, order.split) if order.split else {}
    for work in works:
        judged = gate.judge(work)
        if isinstance(judged, ArtworkRecord):
            picture = library.picture_path(judged.picture)
            chosen.append(_Chosen(work, picture, class_of(work, order.by), side.get(work.sha256, "")))
        else:
            left.append(judged)
    return chosen, left


def _check_room(out: Path, store: ArtworkStore, chosen: Iterable[_Chosen], order: BundleOrder) -> None:
    """Raise `ExportTooLarge` before anything is written: the earlier export stays until the new one is whole."""
    card, needed = store.stats().card, 0
    width = card.widths.get(order.lens, 0) if card else 0
    copies = len(order.formats & {"imagefolder", "webdataset"})
    for each in chosen:
        size = each.picture.stat().st_size if copies and each.picture.is_file() else 0
        needed += copies * size + 4 * width * (2 if "parquet" in order.formats else 1) + _BESIDES
    place = Path(os.path.abspath(out)).parent
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ExportTooLarge(out, needed, free)


def _pack(
    sums: SumsOf, chosen: Sequence[_Chosen], order: BundleOrder, watch: Callable[[int, int], None]
) -> tuple[list[Packed], list[LeftOut]]:
    """Write the pictures; what is not what its name says it is, is left out."""
    packed, damaged = list[Packed](), list[LeftOut]()
    classes = {label: number for number, label in enumerate(sorted({each.label for each in chosen}))}
    with ExitStack() as stack:
        shards = stack.enter_context(Shards(sums, order.shard_bytes)) if "webdataset" in order.formats else None
        for at, each in enumerate(chosen, 1):
            content = _read(each) if order.with_pictures else b""
            if isinstance(content, LeftOut):
                damaged.append(content)
            else:
                ending = each.picture.suffix
                file = "/".join(filter(None, ("pictures", each.side, each.label, each.work.sha256 + ending)))
                done = Packed(each.work, file if "imagefolder" in order.formats else "", each.label, each.side)
                if done.file:
                    sums.put(file, content, each.work.sha256)
                if shards is not None:
                    number = str(classes[each.label]).encode()
                    parts = [(ending[1:], content), ("cls", number), ("json", _json(done))]
                    shards.add(each.side or ALL, each.work.sha256, parts)
                packed.append(done)
            watch(at, len(chosen))
    (sums.folder / "classes.txt").write_text("".join(f"{label}\n" for label in classes), encoding="utf-8")
    return packed, damaged


def _read(chosen: _Chosen) -> bytes | LeftOut:
    try:
        content = chosen.picture.read_bytes()
    except FileNotFoundError:
        return LeftOut.of(chosen.work, ABSENT)
    except OSError:
        return LeftOut.of(chosen.work, CLOSED)
    if hashlib.sha256(content).hexdigest() != chosen.work.sha256:
        return LeftOut.of(chosen.work, DAMAGED)
    return content


def _json(packed: Packed) -> bytes:
    return json.dumps(packed.facts, ensure_ascii=False, separators=(",", ":")).encode()


def _write_parquet(folder: Path, packed: Sequence[Packed], places: Places) -> None:
    rows = np.load(folder / vectors.NAME, mmap_mode="r")
    parquet.write_parquet(folder / parquet.NAME, packed, vectors.blocks(rows), rows.shape[1], places)
