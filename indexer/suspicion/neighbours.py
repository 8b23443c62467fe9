"""The nearest works of each work that may vouch for it: no copy or version of it, and one for each work they show."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.likeness import unit_rows
from indexer.projector.pca import components
from indexer.store.model import Vector
from indexer.tagging.labels import SAME, joined

NEAREST = 64
"""Works looked at around each; those that are the same picture go, and what is asked may be unknown of others."""

_WIDTH = 256
_SAMPLE = 20_000
_AT_ONCE = 1_000

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Near:
    """Of n works: `vectors` n x width, short and from their mean; `rows` n x `NEAREST` the nearest works, nearest
    first, -1 behind the last; `cosines` in the same shape; `groups` n numbers, alike for the same picture.
    """

    vectors: Vector
    rows: Rows
    cosines: Vector
    groups: NDArray[np.intp]

    def known(self, has: NDArray[np.bool_], most: int) -> tuple[Rows, Vector]:
        """Return rows and cosines, n x `most`, of the nearest works of which something is known."""
        there = (self.rows >= 0) & has[self.rows]
        order = np.argsort(~there, axis=1, kind="stable")[:, :most]
        rows = np.where(np.take_along_axis(there, order, 1), np.take_along_axis(self.rows, order, 1), -1)
        return rows, np.take_along_axis(self.cosines, order, 1)

    def nearest_of(self, row: int, others: Rows, most: int) -> Rows:
        """Return those of `others` nearest to a work that are not the same picture, nearest first."""
        others = others[self.groups[others] != self.groups[row]]
        alike = self.vectors[others] @ self.vectors[row]
        return others[np.argsort(-alike, kind="stable")[:most]]


def short(blocks: Callable[[], Iterator[Vector]], count: int) -> Vector:
    """Return `count` vectors as their first 256 principal components; `blocks` yields them all each time."""
    share = max(1, count // _SAMPLE)
    basis = components((block[::share] for block in blocks()), _WIDTH)
    return np.concatenate([basis(block) for block in blocks()])


def nearest(
    vectors: Vector,
    names: Sequence[tuple[str, str]],
    same: Sequence[tuple[int, int]] = (),
    step: Callable[[float], None] = lambda share: None,
) -> Near:
    """Return the nearest works of each; `names` are artist and title, `same` pairs that people called versions.

    Every work is compared with every other, as little memory as that takes: one core does 10,000 in 5 s.
    """
    unit, centred = unit_rows(vectors), unit_rows(vectors - vectors.mean(0))
    most = min(NEAREST, len(vectors) - 1)
    rows = np.full((len(vectors), NEAREST), -1, np.int64)
    cosines = np.full((len(vectors), NEAREST), -1, np.float32)
    pairs = list(same)
    for start in range(0, len(vectors), _AT_ONCE):
        step(start / len(vectors))
        found, alike = _top(centred, start, most)
        rows[start : start + len(found), :most], cosines[start : start + len(found), :most] = found, alike
        plain = np.einsum("ij,ikj->ik", unit[start : start + _AT_ONCE], unit[found])
        pairs += [(start + int(row), int(found[row, place])) for row, place in np.argwhere(plain >= SAME)]
    groups = joined(names, pairs)
    for start in range(0, len(vectors), _AT_ONCE):
        _vouching(rows[start : start + _AT_ONCE], groups, groups[start : start + _AT_ONCE])
    order = np.argsort(rows < 0, axis=1, kind="stable")
    return Near(centred, np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1), groups)


def _top(centred: Vector, start: int, most: int) -> tuple[Rows, Vector]:
    alike = centred[start : start + _AT_ONCE] @ centred.T
    mine = np.arange(len(alike))
    alike[mine, start + mine] = -2
    if not most:
        return np.zeros((len(alike), 0), np.int64), np.zeros((len(alike), 0), np.float32)
    some = np.argpartition(-alike, most - 1, axis=1)[:, :most]
    cosines = np.take_along_axis(alike, some, 1)
    order = np.argsort(-cosines, axis=1, kind="stable")
    return np.take_along_axis(some, order, 1), np.take_along_axis(cosines, order, 1)


def _vouching(rows: Rows, groups: NDArray[np.intp], own: NDArray[np.intp]) -> None:
    """Let -1 stand for works of a work's own group, and for all but the nearest of another."""
    named = np.where(rows >= 0, groups[rows], -1)
    again = np.tril(named[:, :, None] == named[:, None, :], -1).any(2)
    rows[(named == own[:, None]) | again] = -1
