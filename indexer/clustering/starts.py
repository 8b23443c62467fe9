"""Where a search for medoids begins: at random, by BUILD, or by LAB, its linear approximation."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from indexer.clustering.model import Rows

_BLOCK_CELLS = 4_000_000

Start = Callable[[NDArray[np.float32], int, Rows, Rows, np.random.Generator], Rows]
"""Takes distances (n x n), how many medoids, those that are given, all rows in an order, and chance.

Returns that many different rows, the given ones first.
"""


def random_start(distances: NDArray[np.float32], k: int, given: Rows, order: Rows, chance: np.random.Generator) -> Rows:
    """Return medoids drawn evenly."""
    free = order[~np.isin(order, given)]
    return np.concatenate([given, chance.choice(free, k - len(given), replace=False)])


def build(distances: NDArray[np.float32], k: int, given: Rows, order: Rows, chance: np.random.Generator) -> Rows:
    """Return medoids chosen one by one, each lowering the loss most; takes k n^2 steps, and no chance.

    BUILD of Kaufman & Rousseeuw, "Finding Groups in Data" (1990), chapter 2.
    """
    medoids, nearest = _begin(distances, given)
    while len(medoids) < k:
        gains = _gains(distances, order, order, nearest)
        gains[np.isin(order, medoids)] = -np.inf
        _choose(distances, int(order[gains.argmax()]), medoids, nearest)
    return np.array(medoids, dtype=np.intp)


def lab(distances: NDArray[np.float32], k: int, given: Rows, order: Rows, chance: np.random.Generator) -> Rows:
    """Return medoids chosen as by BUILD, each among 10 + sqrt(n) points drawn anew, judged by these alone.

    LAB of Schubert & Rousseeuw (2021): a start nearly as good for a time that is linear in n.
    """
    medoids, nearest = _begin(distances, given)
    size = 10 + math.ceil(math.sqrt(len(distances)))
    free = ~np.isin(order, given)
    while len(medoids) < k:
        left = np.flatnonzero(free)
        drawn = chance.choice(left, min(size, len(left)), replace=False)
        gains = _gains(distances, order[drawn], order[drawn], nearest)
        best = drawn[gains.argmax()]
        free[best] = False
        _choose(distances, int(order[best]), medoids, nearest)
    return np.array(medoids, dtype=np.intp)


STARTS: dict[str, Start] = {"random": random_start, "build": build, "lab": lab}


def _begin(distances: NDArray[np.float32], given: Rows) -> tuple[list[int], NDArray[np.float32]]:
    """Return the medoids so far and each point's distance to the nearest, 2 (the farthest there is) without any."""
    nearest = np.full(len(distances), 2, np.float32)
    for medoid in given:
        np.minimum(nearest, distances[medoid], out=nearest)
    return [int(medoid) for medoid in given], nearest


def _choose(distances: NDArray[np.float32], row: int, medoids: list[int], nearest: NDArray[np.float32]) -> None:
    medoids.append(row)
    np.minimum(nearest, distances[row], out=nearest)


def _gains(
    distances: NDArray[np.float32], candidates: Rows, points: Rows, nearest: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return how much nearer some points would come to a medoid with each candidate."""
    gains = np.empty(len(candidates))
    block = max(1, _BLOCK_CELLS // len(points))
    for start in range(0, len(candidates), block):
        cells = distances[np.ix_(candidates[start : start + block], points)]
        np.subtract(nearest[points], cells, out=cells)
        np.maximum(cells, 0, out=cells)
        gains[start : start + block] = cells.sum(axis=1, dtype=np.float64)
    return gains
