"""Hubs and works that never come: how often each work is among the nearest of the others.

In spaces of many dimensions a few points are among the nearest of very many and some of none at all (Radovanović,
Nanopoulos, Ivanović, "Hubs in Space", JMLR 11, 2010). Where visitors go from work to work by likeness, the first are
seen again and again and the others never.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import Vector

FIRST = 10
"""Neighbours that count: as many as somebody sees without looking further."""

_STEPS = 40
_AT_ONCE = 500

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hubness:
    """How evenly works are shown: so many come `never`, and `hubs` more often than two deviations over the mean.

    `coverage` is the share that comes at all, `gini` 0 where all come equally often, `skewness` the third standardised
    moment of the counts, `top` the share of all places that the most shown hundredth of works takes. `lorenz` has the
    share of places that the least shown works take together, for 0 to 100 % of them in even steps; `spread` counts
    works by how often they come: from, to, works.
    """

    works: int
    coverage: float
    gini: float
    skewness: float
    top: float
    most: int
    never: int
    hubs: int
    lorenz: tuple[float, ...]
    spread: tuple[tuple[int, int, int], ...]


def occurrences(near: NDArray[Any], works: int, first: int = FIRST) -> Counts:
    """Return how often each of `works` rows is among the `first` columns of `near`; what is negative is nobody."""
    rows = near[:, :first].ravel()
    return np.bincount(rows[(rows >= 0) & (rows < works)].astype(np.intp), minlength=works).astype(np.int64)


def nearest_within(vectors: Vector, first: int = FIRST) -> NDArray[np.int64]:
    """Return for each of n unit vectors the rows of those nearest to it, n x `first` at most, itself left out."""
    take = min(first, len(vectors) - 1)
    if take < 1:
        return np.zeros((len(vectors), 0), np.int64)
    found = []
    for start in range(0, len(vectors), _AT_ONCE):
        cosines = vectors[start : start + _AT_ONCE] @ vectors.T
        own = np.arange(len(cosines))
        cosines[own, start + own] = -np.inf
        found.append(np.argpartition(-cosines, take - 1, axis=1)[:, :take])
    return np.concatenate(found)


def hubness(counts: Counts) -> Hubness:
    """Return what can be said of how often works come."""
    if not len(counts):
        return Hubness(0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0, lorenz(counts), ())
    # Sorted, so that sums of fractions come out alike whatever the order of works.
    counts = np.sort(counts)
    mean, deviation = float(counts.mean()), float(counts.std())
    places = int(counts.sum())
    hundredth = -(-len(counts) // 100)
    return Hubness(
        len(counts),
        coverage=float((counts > 0).mean()),
        gini=gini(counts),
        skewness=float((((counts - mean) / deviation) ** 3).mean()) if deviation else 0.0,
        top=float(counts[-hundredth:].sum() / places) if places else 0.0,
        most=int(counts.max()),
        never=int((counts == 0).sum()),
        hubs=int((counts > mean + 2 * deviation).sum()),
        lorenz=lorenz(counts),
        spread=tuple(_spread(counts)),
    )


def gini(counts: NDArray[Any]) -> float:
    """Return Gini's coefficient of numbers that are not negative: 0 where all are equal, near 1 where one has all."""
    whole = float(counts.sum()) if len(counts) else 0.0
    if not whole:
        return 0.0
    ranks = np.arange(1, len(counts) + 1)
    found = 2 * float(ranks @ np.sort(counts)) / (len(counts) * whole) - (len(counts) + 1) / len(counts)
    return min(1.0, max(0.0, found))


def lorenz(counts: NDArray[Any], steps: int = _STEPS) -> tuple[float, ...]:
    """Return Lorenz's curve at `steps` + 1 even places from 0 to 1; the diagonal where there is nothing to share."""
    whole = float(counts.sum()) if len(counts) else 0.0
    places = np.linspace(0.0, 1.0, steps + 1)
    if not whole:
        return tuple(float(place) for place in places)
    sums = np.concatenate([[0.0], np.cumsum(np.sort(counts)) / whole])
    return tuple(float(share) for share in np.interp(places, np.linspace(0.0, 1.0, len(sums)), sums))


def _spread(counts: Counts) -> Iterator[tuple[int, int, int]]:
    """Yield how many works come 0, 1, 2, 3 to 4, 5 to 8, 9 to 16 ... times, up to the one that comes most often."""
    low, high = 0, 0
    while low <= counts.max():
        yield low, high, int(((counts >= low) & (counts <= high)).sum())
        low, high = high + 1, max(1, 2 * high)
