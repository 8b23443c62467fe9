"""Works that must not be here: taken down, deleted, hidden for a time, or held for review. The library keeps the list.

    <root>/withdrawn.jsonl    a line of JSON for each, the whole written anew with every change

It needs no database and no collection, so that nothing that was taken down comes back because one of them is lost.
Scrapes and imports leave out what was taken down or deleted, indexing leaves out the others, too. A takedown holds for
whatever looks the same, turned or mirrored as it may be; a deletion for the very files, and where they came from.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from scraper.disk import LOCK, Workspace, storage_error
from scraper.errors import StorageError
from scraper.fresh import FreshFile
from scraper.library import Library
from scraper.locks import exclusive
from scraper.model import ArtworkRecord, Picture
from scraper.names import slug

Why = Literal["taken-down", "deleted", "hidden", "held"]
REFUSED: tuple[Why, ...] = ("taken-down", "deleted")

NEAR = 8
"""Bits in which hashes of the same picture differ at most. Measured: 300 works resized, recompressed, brightened or
turned grey differed in 4 bits at most, cut by 2 % on each side in 8 or fewer in 95 of 100 cases; of the 2.9 million
pairs among 2,400 paintings, only true duplicates differed in 10 or fewer."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One work that is withdrawn, or all of an artist (by slug) where no `sha256` is given.

    `hashes` are the perceptual hashes of a picture taken down, in all eight ways it can be turned; `label` says which
    work it was; `of` is the work that went, where this file was a smaller copy of it.
    """

    why: Why
    at: datetime
    sha256: str = ""
    artist: str = ""
    label: str = ""
    of: str = ""
    hashes: tuple[str, ...] = ()


_LINE = TypeAdapter(Withdrawal)
_PART = -(-64 // (NEAR + 1))


def _parts(phash: int) -> list[tuple[int, int]]:
    return [(at, phash >> at & (1 << _PART) - 1) for at in range(0, 64, _PART)]


class Withdrawn:
    """The list as it is at a moment."""

    def __init__(self, entries: Iterable[Withdrawal] = ()) -> None:
        self.entries = tuple(entries)
        self._works: dict[str, Withdrawal] = {}
        for entry in self.entries:
            held = self._works.get(entry.sha256)
            # What is hidden may also have been taken down: the stronger reason counts.
            if entry.sha256 and (held is None or held.why not in REFUSED):
                self._works[entry.sha256] = entry
        self._artists = {entry.artist: entry for entry in self.entries if not entry.sha256}
        # Of NEAR + 1 parts of two hashes that differ in NEAR bits at most, one is the same: only those are compared.
        self._looks: dict[tuple[int, int], list[tuple[int, Withdrawal]]] = {}
        for entry in self.entries:
            if entry.why == "taken-down":
                for phash in (int(each, 16) for each in entry.hashes):
                    for part in _parts(phash):
                        self._looks.setdefault(part, []).append((phash, entry))

    def of(self, sha256: str | None) -> Withdrawal | None:
        """Return why this very file is taken down, deleted, hidden or held."""
        return self._works.get(sha256 or "")

    def refused(self, sha256: str | None) -> Withdrawal | None:
        """Return why this very file must not come back."""
        held = self.of(sha256)
        return held if held and held.why in REFUSED else None

    def refuses(self, picture: Picture) -> Withdrawal | None:
        """Return why a picture must not come back: as this very file, or as one that looks like one taken down."""
        held = self.refused(picture.sha256)
        if held or picture.phash is None or not self._looks:
            return held
        phash = int(picture.phash, 16)
        alike = (near for part in _parts(phash) for near in self._looks.get(part, ()))
        return next((entry for known, entry in alike if (known ^ phash).bit_count() <= NEAR), None)

    def hides(self, record: ArtworkRecord, artist: str | None = None) -> Withdrawal | None:
        """Return why a work of the library must not be shown; `artist` is whose it is by a correction, by slug."""
        held = self.refuses(record.picture) or self.of(record.picture.sha256)
        return held or self._artists.get(artist or slug(record.artist))

    def hides_artist(self, artist: str) -> bool:
        """Tell whether all works of an artist are hidden, by slug."""
        return artist in self._artists


class WithdrawnFile:
    """The list of a library, read again when it has been changed; it may be asked as often as one likes."""

    def __init__(self, library: Library) -> None:
        self.path = library.root / "withdrawn.jsonl"
        self._file = FreshFile(self.path, _read)

    def now(self) -> Withdrawn:
        """Return the list; raises `StorageError` rather than take one that cannot be read for an empty one."""
        try:
            return self._file.now() or _NOTHING
        except OSError as error:
            raise storage_error(self.path, error) from error


def _read(path: Path) -> Withdrawn:
    lines = path.read_bytes().splitlines()
    try:
        return Withdrawn([_LINE.validate_json(line) for line in lines])
    except ValidationError as error:
        remedy = "Restore it from a copy, or take the line out: until then nothing is collected or indexed."
        raise StorageError(path, "a line of it is damaged", remedy) from error


_NOTHING = Withdrawn()


def amend(
    library: Library, add: Sequence[Withdrawal] = (), drop: Callable[[Withdrawal], bool] = lambda entry: False
) -> Sequence[Withdrawal]:
    """Change the list, lasting when it returns: take entries out, then add others; return those taken out.

    Raises `StorageError`; the list is then as it was.
    """
    file = WithdrawnFile(library)
    try:
        with Workspace(library.root) as workspace, exclusive(library.root / LOCK):
            before = file.now().entries
            dropped = [entry for entry in before if drop(entry)]
            kept = [entry for entry in before if entry not in dropped]
            known = {(entry.why, entry.sha256, entry.artist if not entry.sha256 else "") for entry in kept}
            new = [
                entry for entry in add if (entry.why, entry.sha256, "" if entry.sha256 else entry.artist) not in known
            ]
            if dropped or new:
                lines = [_LINE.dump_json(entry, exclude_defaults=True) + b"\n" for entry in [*kept, *new]]
                workspace.write([(file.path, b"".join(lines))])
    except OSError as error:
        raise storage_error(file.path, error) from error
    return dropped
