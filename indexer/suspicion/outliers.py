"""Works that are unlike the others of their artist."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.robust import middle_and_spread
from indexer.store.model import Vector
from indexer.suspicion.neighbours import Near, Rows

FEWEST = 8
"""Different pictures that an artist needs for one of them to stand out."""

NEIGHBOUR = 3
_AT_MOST = 2_000
"""Works of one artist that are compared with each other; of more, a sample stands for the others."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far each work of an artist is out, in robust deviations, which work is the medoid, and the works' spread:
    the mean cosine distance to the medoid.
    """

    rows: Rows
    deviations: NDArray[np.float64]
    medoid: int
    spread: float


def standing(rows: Rows, near: Near) -> Standing:
    """Return how far out each of an artist's works is: by the distance to the medoid and to the third nearest other
    picture of the artist, the mean of both (Ramaswamy, Rastogi, Shim, SIGMOD 2000, rank by the latter).

    Of fewer than `FEWEST` different pictures none stands out.
    """
    compared = rows if len(rows) <= _AT_MOST else np.random.default_rng(0).permutation(rows)[:_AT_MOST]
    apart = 1 - near.vectors[rows] @ near.vectors[compared].T
    medoid = int(compared[apart.sum(0).argmin()])
    to_medoid = 1 - near.vectors[rows] @ near.vectors[medoid]
    spread = float(to_medoid.mean())
    if len(set(near.groups[rows].tolist())) < FEWEST:
        return Standing(rows, np.zeros(len(rows)), medoid, spread)
    apart[near.groups[rows][:, None] == near.groups[compared]] = 2
    third = np.partition(apart, NEIGHBOUR - 1, axis=1)[:, NEIGHBOUR - 1]
    return Standing(rows, (_robust(to_medoid) + _robust(third)) / 2, medoid, spread)


def _robust(values: Vector) -> NDArray[np.float64]:
    """Return how many deviations values lie above their median."""
    middle, spread = middle_and_spread(values)
    return np.asarray((values - middle) / max(float(spread), 1e-6), np.float64)
