"""What is kept of each picture to find its like: sketches and hashes, in two files that are only ever added to.

    <folder>/prints.bin     for each view: sha256, digest of its thumbnail, shape, eight hashes
    <folder>/sketches.bin   for each view: its greys

The first is read whole (112 bytes a view), of the second only what is compared. A sketch without its line in the first
counts for nothing, so that a kill in the middle loses one picture, which is looked at again. All of it can be made anew
from thumbnails.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.aligning import Layer
from indexer.duplicates.hashes import RADIUS, WAYS, Hashes, differing, hashes
from indexer.duplicates.sketch import SIDE, View
from scraper.disk import whole_file
from scraper.locks import exclusive

_LINE = np.dtype([("sha256", "u1", 32), ("digest", "<u8"), ("shape", "<f8"), ("hashes", "<u8", WAYS)])
_SKETCH = SIDE * SIDE


@dataclass(frozen=True, slots=True)
class Print:
    """A picture's views with the digest of the thumbnail they were made from."""

    sha256: str
    digest: int
    views: Sequence[View]


def digest_of(content: bytes) -> int:
    """Return 64 bits that only files of the same content share."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


class Prints:
    """The prints of a gallery as they are at a moment; `places` are those of its views."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines_file, self._sketches_file = folder / "prints.bin", folder / "sketches.bin"
        self._lines = np.zeros(0, _LINE)
        self._at: dict[str, list[int]] = {}
        self._learn()

    def _learn(self) -> None:
        self._lines, self._at = self._read(), {}
        for place, sha256 in enumerate(bytes(row).hex() for row in self._lines["sha256"]):
            if sha256.strip("0"):
                self._at.setdefault(sha256, []).append(place)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._at

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)

    def digest(self, sha256: str) -> int:
        """Return the digest of a picture's thumbnail."""
        return int(self._lines["digest"][self._at[sha256][0]])

    def hashes(self, sha256: str) -> Hashes:
        """Return the hashes of a picture's views, views x 8."""
        return self._lines["hashes"][self._at[sha256]].astype(np.uint64)

    def near(self, sha256: str) -> list[str]:
        """Return the pictures with a hash near one of this one's, turned as it may be, by comparing it with all."""
        known = np.ascontiguousarray(self._lines["hashes"][:, 0]).astype(np.uint64)
        near = np.zeros(len(known), np.bool_)
        for asked in self.hashes(sha256).ravel():
            if asked:
                near |= differing(known, asked) <= RADIUS
        places = np.flatnonzero(near & (known != 0))
        found = (bytes(self._lines["sha256"][place]).hex() for place in places)
        return [other for other in dict.fromkeys(found) if other != sha256]

    def layers(self, sha256: str) -> list[Layer]:
        """Return a picture's views, ready to be laid over others."""
        found = []
        with self._sketches_file.open("rb") as sketches:
            for place in self._at[sha256]:
                sketches.seek(place * _SKETCH)
                greys = np.frombuffer(sketches.read(_SKETCH), np.uint8).reshape(SIDE, SIDE)
                found.append(Layer(View(greys, float(self._lines["shape"][place]))))
        return found

    def add(self, prints: Sequence[Print]) -> None:
        """Keep more prints, lasting when it returns; those known already are passed over. Raises OSError."""
        self._lines_file.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(self._lines_file.with_name("lock")):
            if self._lines_file.exists() and self._lines_file.stat().st_size != self._lines.nbytes:
                # Somebody else has added to it, or was killed while doing so.
                self._learn()
            self._add([each for each in prints if each.sha256 not in self._at])

    def _add(self, new: Sequence[Print]) -> None:
        views = [(each, view) for each in new for view in each.views]
        lines = np.zeros(len(views), _LINE)
        for line, (each, view) in zip(lines, views, strict=True):
            line["sha256"] = np.frombuffer(bytes.fromhex(each.sha256), np.uint8)
            line["digest"], line["shape"], line["hashes"] = each.digest, view.shape, hashes(view.greys)
        known = len(self._lines)
        _append(self._sketches_file, known * _SKETCH, b"".join(view.greys.tobytes() for _, view in views))
        _append(self._lines_file, known * _LINE.itemsize, lines.tobytes())
        for place, (each, _) in enumerate(views, known):
            self._at.setdefault(each.sha256, []).append(place)
        self._lines = np.concatenate([self._lines, lines])

    def forget(self, gone: Iterable[str]) -> None:
        """Blot out the prints of works that went away. Raises OSError."""
        places = [place for sha256 in gone for place in self._at.pop(sha256, ())]
        if not places:
            return
        for file, size in ((self._sketches_file, _SKETCH), (self._lines_file, _LINE.itemsize)):
            with file.open("r+b") as opened:
                for place in places:
                    opened.seek(place * size)
                    opened.write(bytes(size))
                opened.flush()
                os.fsync(opened.fileno())
        self._lines[places] = 0

    def _read(self) -> NDArray[np.void]:
        try:
            content = self._lines_file.read_bytes()
            sketches = self._sketches_file.stat().st_size // _SKETCH
        except FileNotFoundError:
            return np.zeros(0, _LINE)
        whole = min(len(content) // _LINE.itemsize, sketches)
        return np.frombuffer(content[: whole * _LINE.itemsize], _LINE).copy()


class Waiting:
    """The list of works that have prints, or will have, and were not compared yet; a kill leaves it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "waiting.txt"

    def read(self) -> list[str]:
        """Return the works, by sha256."""
        try:
            return self._file.read_text().split()
        except FileNotFoundError:
            return []

    def write(self, works: Sequence[str]) -> None:
        """Replace the list, lasting when it returns. Raises OSError."""
        with whole_file(self._file) as file:
            file.write("\n".join(dict.fromkeys(works)).encode())


def _append(file: Path, end: int, content: bytes) -> None:
    # What lies behind `end` was left by somebody who was killed while adding.
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.truncate(end)
        opened.seek(end)
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
