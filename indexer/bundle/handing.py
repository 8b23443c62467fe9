"""Bundles that were made: what is in them, and one as a single tar file, made while it is sent."""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from indexer.bundle.sums import NAME as SUMS
from indexer.bundle.tarring import END, header, padding, room
from scraper.names import slug

_PIECE = 2**18


def is_whole(folder: Path) -> bool:
    """Tell whether a folder holds a bundle."""
    return (folder / SUMS).is_file()


def size_of(folder: Path, name: str) -> int:
    """Return how long the tar file of a bundle is in bytes; raises OSError."""
    files = _files(folder)
    return sum(room(f"{name}/{path.relative_to(folder).as_posix()}", path.stat().st_size) for path in files) + len(END)


def pieces(folder: Path, name: str) -> Iterator[bytes]:
    """Yield the tar file of a bundle, in which all lies in a folder of this name; the same bytes each time."""
    for path in _files(folder):
        size = path.stat().st_size
        yield header(f"{name}/{path.relative_to(folder).as_posix()}", size)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
        yield padding(size)
    yield END


def holds(folder: Path, hashes: Collection[str], artists: Collection[str] = ()) -> bool:
    """Tell whether a bundle holds any of these works, by sha256, or one of these artists', by slug.

    One whose table cannot be read is taken to hold them.
    """
    try:
        with (folder / "works.csv").open(encoding="utf-8", newline="") as file:
            return any(row["sha256"] in hashes or slug(row["artist"]) in artists for row in csv.DictReader(file))
    except (OSError, ValueError, KeyError, csv.Error):
        return True


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
