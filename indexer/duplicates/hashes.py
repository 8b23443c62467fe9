"""Perceptual hashes of sketches, and finding those that differ in few bits without comparing each with each.

The hash is that of `scraper.phash`, taken of a sketch: the signs of the lowest frequencies against their median. The
index is multi-index hashing (Norouzi, Punjani, Fleet, "Fast Search in Hamming Space", CVPR 2012): of four quarters of
two hashes that differ in 7 bits at most, one differs in a single bit or none.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.sketch import SIDE, Greys

Hashes = NDArray[np.uint64]
Value = TypeVar("Value", bound=np.generic)

RADIUS = 7
"""Bits in which the hashes of candidates differ at most."""

WAYS = 8
_KEPT, _LEAST_CONTRAST = 8, 16
_COSINES = np.cos(np.pi * np.outer(np.arange(1, _KEPT + 1), 2 * np.arange(SIDE) + 1) / (2 * SIDE))
_BITS = np.uint64(1) << np.arange(_KEPT * _KEPT, dtype=np.uint64)
_QUARTER = 16
_FLIPS = np.array([0, *(1 << bit for bit in range(_QUARTER))])
_AT_ONCE = 4096
_ONES = np.array([value.bit_count() for value in range(1 << _QUARTER)], np.uint8)


def turn(square: NDArray[Value], way: int) -> NDArray[Value]:
    """Return a square turned by quarters and mirrored in one of eight ways; 0 is as it is, 1 mirrored."""
    turned = np.rot90(square, way // 2)
    return turned[:, ::-1] if way % 2 else turned


def hashes(greys: Greys) -> Hashes:
    """Return the hashes of a sketch in all eight ways, as it is first; zeros where it shows nothing."""
    if int(greys.max()) - int(greys.min()) < _LEAST_CONTRAST:
        return np.zeros(WAYS, np.uint64)
    found = []
    for way in range(WAYS):
        waves = (_COSINES @ turn(greys, way) @ _COSINES.T).ravel()
        found.append(_BITS[waves > np.median(waves)].sum(dtype=np.uint64))
    return np.array(found, np.uint64)


def differing(one: Hashes, other: Hashes | np.uint64) -> NDArray[np.int64]:
    """Return in how many bits hashes differ."""
    counted: NDArray[np.int64] = _ONES[(one ^ other).view(np.uint16).reshape(-1, 4)].sum(axis=1, dtype=np.int64)
    return counted


class HashIndex:
    """Hashes by their quarters, to be asked for those near others."""

    def __init__(self, known: Hashes) -> None:
        self._known = known
        self._orders, self._starts = [], []
        for quarter in range(4):
            keys = _quarter(known, quarter)
            self._orders.append(np.argsort(keys, kind="stable"))
            self._starts.append(np.r_[0, np.cumsum(np.bincount(keys, minlength=1 << _QUARTER))])

    def near(self, asked: Hashes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield, block by block, places in `asked` and places of known hashes within `RADIUS` bits, in pairs."""
        for start in range(0, len(asked), _AT_ONCE):
            block = asked[start : start + _AT_ONCE]
            found = np.concatenate([self._near(block, quarter) for quarter in range(4)])
            pairs = np.unique(found, axis=0)
            yield pairs[:, 0] + start, pairs[:, 1]

    def _near(self, asked: Hashes, quarter: int) -> NDArray[np.int64]:
        keys = (_quarter(asked, quarter)[:, None] ^ _FLIPS).ravel()
        starts = self._starts[quarter]
        counts = starts[keys + 1] - starts[keys]
        asking = np.repeat(np.repeat(np.arange(len(asked)), len(_FLIPS)), counts)
        within = np.arange(len(asking)) - np.repeat(np.cumsum(counts) - counts, counts)
        known = self._orders[quarter][np.repeat(starts[keys], counts) + within]
        near = differing(asked[asking], self._known[known]) <= RADIUS
        return np.stack([asking[near], known[near]], axis=1)


def _quarter(values: Hashes, quarter: int) -> NDArray[np.int64]:
    return (values >> np.uint64(_QUARTER * quarter) & np.uint64(0xFFFF)).astype(np.int64)
