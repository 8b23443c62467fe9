"""What every engine does before and after its search."""

from collections.abc import Sequence

import numpy as np

from indexer.clustering.distances import nearest_medoids
from indexer.clustering.model import Medoids, Nearest, Rows
from indexer.errors import BadClusterCount, NothingToCluster
from indexer.store.model import Vector


def check_count(count: int, k: int, fixed: Sequence[int] = ()) -> Rows:
    """Return the fixed rows as an array; raise `NothingToCluster` or `BadClusterCount`."""
    if not count:
        raise NothingToCluster
    held = np.array(list(dict.fromkeys(fixed)), dtype=np.intp)
    if not max(1, len(held)) <= k <= count:
        raise BadClusterCount(k, max(1, len(held)), count)
    return held


def around(unit: Vector, medoids: Rows) -> Nearest:
    """Return the nearest medoids of unit rows (n x width), with each medoid in its own cluster.

    That matters when two medoids are copies of each other: no cluster is ever empty.
    """
    found = nearest_medoids(unit, unit[medoids])
    own = np.arange(len(medoids))
    astray = medoids[found.labels[medoids] != own]
    found.second[astray], found.second_distances[astray] = found.labels[astray], 0
    found.labels[medoids], found.distances[medoids] = own, 0
    return found


def gathered(unit: Vector, medoids: Rows, order: Rows, swaps: int) -> Medoids:
    """Return the clusters around medoids, the largest first; `order` settles which of two equals is."""
    found = around(unit, medoids)
    sizes = np.bincount(found.labels, minlength=len(medoids))
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    ranked = np.lexsort((place[medoids], -sizes))
    number = np.empty(len(medoids) + 1, np.intp)
    number[ranked], number[-1] = np.arange(len(medoids)), -1
    nearest = Nearest(number[found.labels], found.distances, number[found.second], found.second_distances)
    return Medoids(medoids[ranked], nearest, float(found.distances.sum(dtype=np.float64)), swaps)
