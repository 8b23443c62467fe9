"""The library on disk: original pictures by their sha256, a record beside each, a journal for each artist.

    <root>/pictures/ab/<sha256>.jpg     the bytes as they came
    <root>/pictures/ab/<sha256>.json    title, artist, licence and every place it was seen
    <root>/pictures/ab/<sha256>.copy    instead of that: a larger one of the same picture has its record now
    <root>/withdrawn.jsonl              what must not be here (scraper.withdrawn)
    <root>/artists/<slug>/journal.jsonl what became of every address tried
    <root>/library.json                 whether it holds real works or those of a stand-in site

This module reads; `scraper.keeper` writes.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from scraper.errors import DamagedRecord
from scraper.model import ArtworkRecord, Copy, Picture
from scraper.names import slug
from scraper.records import copy_from_json, from_json

SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WEBP": ".webp",
    "AVIF": ".avif",
    "BMP": ".bmp",
    "TIFF": ".tif",
}

log = logging.getLogger(__name__)


# A copy of a copy of a copy: each was for a time the largest there was.
_MOST_STEPS = 50


def _warn(problem: DamagedRecord) -> None:
    log.warning("%s", problem)


class Library:
    """The folder of everything collected; making one touches nothing, and an absent folder is an empty library."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def records(self, on_damaged: Callable[[DamagedRecord], None] = _warn) -> Iterator[ArtworkRecord]:
        """Yield every record in the order of their hashes; unreadable ones are reported and passed over."""
        for path in sorted(self.root.glob("pictures/??/*.json")):
            try:
                yield read_record(path)
            except FileNotFoundError:
                continue
            except DamagedRecord as problem:
                on_damaged(problem)

    def hashes(self) -> Iterator[str]:
        """Yield the hash of every picture that has a record, readable or not, in their order."""
        yield from (path.stem for path in sorted(self.root.glob("pictures/??/*.json")))

    def get(self, sha256: str) -> ArtworkRecord | None:
        """Return the record of a picture, None when there is none; raises `DamagedRecord`."""
        try:
            return read_record(self.record_path(sha256))
        except FileNotFoundError:
            return None

    def picture_path(self, picture: Picture) -> Path:
        """Return where the original of a picture lies."""
        return self.original_path(picture.sha256, picture.format)

    def original_path(self, sha256: str, format_: str) -> Path:
        """Return the same for whoever has no more than its hash and its format, one of `SUFFIXES`."""
        return self.root / "pictures" / sha256[:2] / f"{sha256}{SUFFIXES[format_]}"

    def record_path(self, sha256: str) -> Path:
        """Return where the record of a picture lies."""
        return self.root / "pictures" / sha256[:2] / f"{sha256}.json"

    def copy_path(self, sha256: str) -> Path:
        """Return where it is said that a picture is a smaller copy of another."""
        return self.root / "pictures" / sha256[:2] / f"{sha256}.copy"

    def original_of(self, sha256: str) -> str:
        """Return the picture that stands for this one: itself, or the larger one that it is a copy of."""
        for _ in range(_MOST_STEPS):
            try:
                sha256 = read_copy(self.copy_path(sha256)).of
            except FileNotFoundError:
                return sha256
        return sha256

    def artist_dir(self, artist: str) -> Path:
        """Return the folder of an artist's journal."""
        return self.root / "artists" / slug(artist)


def read_copy(path: Path) -> Copy:
    """Return what a file says of a smaller copy; raises `DamagedRecord`, or FileNotFoundError when there is none."""
    try:
        return copy_from_json(path.read_bytes(), path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedRecord(path, error.strerror or str(error)) from error


def read_record(path: Path) -> ArtworkRecord:
    """Return the record in a file; raises `DamagedRecord`, or FileNotFoundError when there is no such file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedRecord(path, error.strerror or str(error)) from error
    record = from_json(content, path)
    if record.picture.sha256 != path.stem or record.picture.format not in SUFFIXES:
        raise DamagedRecord(path, "it describes another picture than its name says")
    return record
