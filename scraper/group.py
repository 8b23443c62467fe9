"""What becomes of a group of finds: new works, further sightings of known ones, and copies in other sizes.

Of a picture that is found in several sizes the largest stands for all, with every sighting of the others. What was
scraped before and is smaller keeps its file; its record moves into a `.copy`, which names the larger one. The `.copy`
is written first and the record removed last, so that a run that is killed in between can be finished or undone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scraper.errors import DamagedRecord
from scraper.facts import merged, record_of
from scraper.library import Library
from scraper.likeness import Likeness, area
from scraper.model import ArtworkRecord, Copy, Picture, Sighting
from scraper.records import to_json


@dataclass(frozen=True, slots=True)
class Find:
    """A picture to keep and where it was seen; `content` is None when the library is known to hold the bytes."""

    picture: Picture
    sighting: Sighting
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Kept:
    """The record as it now lies in the library, whether that is news, and the smaller copies it now stands for."""

    record: ArtworkRecord
    status: Literal["new", "changed", "same"]
    replaces: tuple[str, ...] = ()


class Group:
    """Decides for one find after another, each knowing of those before; nothing is written by it.

    `known` gets a record from the library by path and hash, and None for a damaged one.
    """

    def __init__(
        self, library: Library, likeness: Likeness, known: Callable[[Path, str], ArtworkRecord | None]
    ) -> None:
        self._library, self._likeness, self._read = library, likeness, known
        self.kept: list[Kept] = []
        self._pictures: dict[Path, bytes] = {}
        self._records: dict[str, ArtworkRecord] = {}
        self._copies: dict[str, Copy] = {}

    @property
    def new_bytes(self) -> int:
        """Bytes of the pictures that are new."""
        return sum(map(len, self._pictures.values()))

    def take(self, find: Find) -> None:
        """Decide what becomes of a find."""
        known = self._known(self._original_of(find.picture.sha256))
        if known is None and (alike := self._alike(find)) is not None:
            if area(alike.picture) < area(find.picture):
                self._replace(alike, find)
                return
            known = alike
        record = record_of(find.picture, find.sighting) if known is None else merged(known, find.sighting)
        if record.picture.sha256 == find.picture.sha256:
            self._hold(find)
        if record is not known:
            self._records[record.picture.sha256] = record
        self.kept.append(Kept(record, "new" if known is None else "same" if record is known else "changed"))

    def files(self) -> Sequence[tuple[Path, bytes]]:
        """Return what is to be written, in this order."""
        copies = [(self._library.copy_path(sha256), to_json(copy)) for sha256, copy in self._copies.items()]
        records = [(self._library.record_path(sha256), to_json(record)) for sha256, record in self._records.items()]
        return [*copies, *self._pictures.items(), *records]

    def clear_away(self) -> None:
        """Remove the records of those that others now stand for; the files must have been written."""
        for sha256 in self._copies:
            self._library.record_path(sha256).unlink(missing_ok=True)

    def _original_of(self, sha256: str) -> str:
        while True:
            sha256 = self._library.original_of(sha256)
            if sha256 not in self._copies:
                return sha256
            sha256 = self._copies[sha256].of

    def _known(self, sha256: str) -> ArtworkRecord | None:
        return self._records.get(sha256) or self._read(self._library.record_path(sha256), sha256)

    def _alike(self, find: Find) -> ArtworkRecord | None:
        """Return the work that a picture just scraped is a copy of; what somebody imported is left as it is."""
        if find.content is None or find.sighting.candidate.path is not None or find.picture.phash is None:
            return None
        near = self._likeness.alike(find.sighting.candidate.query, find.picture)
        record = self._known(near.sha256) if near is not None else None
        if record is None or (area(record.picture) < area(find.picture) and _is_imported(record)):
            return None
        return record

    def _replace(self, smaller: ArtworkRecord, find: Find) -> None:
        record = record_of(find.picture, find.sighting)
        for sighting in smaller.sightings:
            record = merged(record, sighting)
        self._copies[smaller.picture.sha256] = Copy(find.picture.sha256, smaller)
        self._records.pop(smaller.picture.sha256, None)
        self._likeness.forget(record.artist, smaller.picture.sha256)
        self._records[find.picture.sha256] = record
        self._hold(find)
        self.kept.append(Kept(record, "changed", (smaller.picture.sha256,)))

    def _hold(self, find: Find) -> None:
        target = self._library.picture_path(find.picture)
        if find.content is not None and not holds(target, find.picture):
            self._pictures[target] = find.content
        self._likeness.add(find.sighting.candidate.query, find.picture)


def holds(target: Path, picture: Picture) -> bool:
    """Return whether the original of a picture lies at `target` in its full length."""
    try:
        return target.stat().st_size == picture.bytes
    except OSError:
        # Unreachable is as good as absent: writing it will say what is wrong.
        return False


def finish(library: Library) -> None:
    """Finish or undo what a killed run had begun: with the larger picture there, or not, one file is too many."""
    copies = list(library.root.glob("pictures/??/*.copy"))
    for path, done in [(path, _is_done(library, path)) for path in copies]:
        (path.with_suffix(".json") if done else path).unlink(missing_ok=True)


def _is_done(library: Library, path: Path) -> bool:
    try:
        return library.record_path(library.original_of(path.stem)).exists()
    except DamagedRecord:
        return False


def _is_imported(record: ArtworkRecord) -> bool:
    return any(sighting.candidate.path is not None for sighting in record.sightings)
