"""From a layout, where points lie upon each other, to a grid in which every work has a cell of its own."""

from collections.abc import Iterator, Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from indexer.atlas.model import Cells, Points

FILLED = 0.25
"""Share of the cells that hold a work: with more, works are pushed further from their neighbours (at 0.5, of the ten
nearest in the layout half as many are lost again), with less there is more wall than pictures."""

_EDGE = 0.06
_DENSE = 15
_AT_ONCE = 2_000
_FIRST = 32


class NoRoom(Exception):
    """Every cell holds a work already."""


def side_for(works: int) -> int:
    """Return how many cells a map of so many works has each way."""
    return max(2, ceil(sqrt(works / FILLED)))


def within(points: Points) -> Points:
    """Return a layout in the unit square, its shape kept; a few works far out do not make it small."""
    if len(points) < 2:
        return np.full((len(points), 2), 0.5)
    low, high = np.quantile(points, [0.002, 0.998], axis=0)
    size = float((high - low).max()) or 1.0
    # Around it is room for what the densest parts push outwards.
    placed: Points = np.clip((points - (low + high) / 2) / size * (1 - 2 * _EDGE) + 0.5, 0.0, 1.0)
    return placed


def settle(points: Points, side: int) -> Cells:
    """Return a cell for each point of the unit square, the nearest that is free; the densest parts choose first."""
    board = Board(side)
    cells = np.zeros((len(points), 2), np.int64)
    for row in np.argsort(_spread(points), kind="stable"):
        cells[row] = board.take(points[row])
    return cells


class Board:
    """A grid on which cells are taken one by one."""

    def __init__(self, side: int, taken: Cells | None = None) -> None:
        self._side = side
        self._held = np.zeros((side, side), bool)
        if taken is not None:
            self._held[taken[:, 1], taken[:, 0]] = True
        self._steps = _by_distance(side)

    def take(self, point: NDArray[np.float64]) -> Sequence[int]:
        """Take the free cell nearest to a point of the unit square; raise `NoRoom` if there is none."""
        middle = np.minimum((point * self._side).astype(np.int64), self._side - 1)
        for steps in _growing(len(self._steps)):
            cells = middle + self._steps[steps]
            cells = cells[((cells >= 0) & (cells < self._side)).all(1)]
            free = ~self._held[cells[:, 1], cells[:, 0]]
            if free.any():
                column, row = cells[int(free.argmax())].tolist()
                self._held[row, column] = True
                return column, row
        raise NoRoom


def _by_distance(side: int) -> Cells:
    reach = np.arange(1 - side, side)
    steps = np.stack(np.meshgrid(reach, reach), -1).reshape(-1, 2)
    ordered: Cells = steps[np.argsort((steps**2).sum(1), kind="stable")]
    return ordered


def _growing(count: int) -> Iterator[slice]:
    start, size = 0, _FIRST
    while start < count:
        yield slice(start, start + size)
        start, size = start + size, size * 4


def _spread(points: Points) -> NDArray[np.float64]:
    """Return how far from each point its fifteenth neighbour is, a block of points at a time."""
    near = min(_DENSE, len(points) - 1)
    found = np.zeros(len(points))
    squares = (points**2).sum(1)
    for start in range(0, len(points), _AT_ONCE):
        block = points[start : start + _AT_ONCE]
        far = squares + (block**2).sum(1)[:, None] - 2 * block @ points.T
        found[start : start + _AT_ONCE] = np.partition(far, near, axis=1)[:, near]
    return found
