"""Which works of the library look the same as a picture: their perceptual hashes, read once and kept in memory."""

import logging
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from scraper.errors import DamagedRecord
from scraper.library import Library, read_record
from scraper.likeness import NEAR

log = logging.getLogger(__name__)

_BITS = np.array([number.bit_count() for number in range(2**16)], dtype=np.uint8)


class Looks:
    """The hashes of a library; records are read once, and new ones looked for when somebody says that there may be."""

    def __init__(self, library: Library) -> None:
        self._library, self._lock = library, Lock()
        self._known: dict[str, int | None] = {}
        self._names: list[str] = []
        self._hashes: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._revision: object = None

    def alike(self, looks: Sequence[str], revision: object) -> list[tuple[str, int, bool]]:
        """Return the sha256 of each picture that has one of these hashes, or nearly, the nearest first.

        With each come the bits in which it differs, and whether it was turned or mirrored: it is not like the
        first of `looks`, which is the picture as it came. `revision` is another when the library is another.
        """
        names, hashes = self._read(revision)
        if not looks or not names:
            return []
        asked = np.array([int(look, 16) for look in looks], dtype=np.uint64)
        apart = _BITS[(hashes[:, None] ^ asked[None, :]).view(np.uint16).reshape(len(names), len(asked), 4)].sum(
            axis=2, dtype=np.int64
        )
        best = apart.min(axis=1)
        near = [int(row) for row in np.flatnonzero(best <= NEAR)]
        near.sort(key=lambda row: (best[row], names[row]))
        return [(names[row], int(best[row]), bool(apart[row, 0] > NEAR)) for row in near]

    def _read(self, revision: object) -> tuple[list[str], NDArray[np.uint64]]:
        with self._lock:
            if revision != self._revision:
                self._look_again()
                self._revision = revision
            return self._names, self._hashes

    def _look_again(self) -> None:
        there = {path.stem: path for path in self._library.root.glob("pictures/??/*.json")}
        self._known = {name: phash for name, phash in self._known.items() if name in there}
        for name in there.keys() - self._known.keys():
            try:
                phash = read_record(there[name]).picture.phash
            except FileNotFoundError:
                continue
            except DamagedRecord as problem:
                log.warning("%s", problem)
                phash = None
            self._known[name] = None if phash is None else int(phash, 16)
        hashes = {name: phash for name, phash in self._known.items() if phash is not None}
        self._names, self._hashes = list(hashes), np.array(list(hashes.values()), dtype=np.uint64)
