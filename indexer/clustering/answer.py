"""What every engine does before and after its search."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.clustering.distances import canonical_order, nearest_medoids, unit_rows
from indexer.clustering.model import Medoids, Nearest, Rows, Vectors
from indexer.errors import BadClusterCount, NothingToCluster


@dataclass(frozen=True, slots=True)
class Task:
    """What to search for: k medoids of unit rows, the first `held` of `given` among them.

    The rest of `given` are where to begin; there are k of them at most. `order` are all rows in an order
    that follows from what they hold, `chance` follows from the seed.
    """

    unit: Vectors
    k: int
    held: int
    given: Rows
    order: Rows
    chance: np.random.Generator

    @property
    def fixed(self) -> Rows:
        """The rows that must be medoids."""
        return self.given[: self.held]


def task(vectors: Vectors, k: int, seed: int, fixed: Sequence[int], begin: Sequence[int]) -> Task:
    """Return a checked task; raise `NothingToCluster`, `BadClusterCount` or `UnusableVector`."""
    unit = unit_rows(vectors)
    if not len(unit):
        raise NothingToCluster
    held = len(set(fixed))
    if not max(1, held) <= k <= len(unit):
        raise BadClusterCount(k, max(1, held), len(unit))
    given = np.array(list(dict.fromkeys([*fixed, *begin]))[:k], dtype=np.intp)
    return Task(unit, k, held, given, canonical_order(unit), np.random.default_rng(seed))


def around(unit: Vectors, medoids: Rows) -> Nearest:
    """Return the nearest medoids of unit rows (n x width), with each medoid in its own cluster.

    That matters when two medoids are copies of each other: no cluster is ever empty.
    """
    found = nearest_medoids(unit, unit[medoids])
    own = np.arange(len(medoids))
    astray = medoids[found.labels[medoids] != own]
    found.second[astray], found.second_distances[astray] = found.labels[astray], 0
    found.labels[medoids], found.distances[medoids] = own, 0
    return found


def loss_of(unit: Vectors, medoids: Rows) -> float:
    """Return the sum of all distances to the nearest medoid."""
    return float(around(unit, medoids).distances.sum(dtype=np.float64))


def gathered(task: Task, medoids: Rows, swaps: int) -> Medoids:
    """Return the clusters around medoids, the largest first."""
    found = around(task.unit, medoids)
    sizes = np.bincount(found.labels, minlength=len(medoids))
    place = np.empty(len(task.order), np.intp)
    place[task.order] = np.arange(len(task.order))
    ranked = np.lexsort((place[medoids], -sizes))
    number = np.empty(len(medoids) + 1, np.intp)
    number[ranked], number[-1] = np.arange(len(medoids)), -1
    nearest = Nearest(number[found.labels], found.distances, number[found.second], found.second_distances)
    return Medoids(medoids[ranked], nearest, float(found.distances.sum(dtype=np.float64)), swaps)
