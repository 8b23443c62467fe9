"""How firmly each cluster stands: whether it comes back when some of the works are left out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.clustering.distances import canonical_order, distance_matrix, unit_rows
from indexer.clustering.fasterpam import faster_pam
from indexer.clustering.model import Rows, Vectors
from indexer.clustering.starts import lab
from indexer.clustering.watch import SILENT, Watch

_LEAST, _MOST, _PER_CLUSTER = 2_000, 5_000, 20


def stability(
    vectors: Vectors, labels: Rows, *, rounds: int = 20, seed: int = 0, watch: Watch = SILENT
) -> list[float | None]:
    """Return for each cluster the mean Jaccard overlap with its best match when half the works are clustered anew.

    Hennig, "Cluster-wise assessment of cluster stability" (2007), by subsetting; by that paper a cluster
    under 0.5 has dissolved, from 0.75 on it is a stable one. `labels` (n) are 0 to k - 1. The time is
    bounded: at most 5,000 works are used, 20 for each cluster and 2,000 at least, and 4 bytes for each
    pair of these. None for a cluster that no round had a work of.
    """
    k = int(labels.max()) + 1
    size = min(len(labels), _MOST, max(_LEAST, _PER_CLUSTER * k))
    chance = np.random.default_rng(seed)
    unit = unit_rows(vectors)
    rows = chance.choice(canonical_order(unit), size, replace=False)
    distances = distance_matrix(unit[rows], watch.part(0, 0.2))
    overlaps: list[list[float]] = [[] for _ in range(k)]
    for done in range(rounds):
        watch.step("clustering halves", 0.2 + 0.8 * done / rounds)
        half = chance.choice(size, max(1, size // 2), replace=False)
        again = _cluster(distances[np.ix_(half, half)], min(k, len(half)), chance)
        for cluster, overlap in _best_matches(labels[rows[half]], again, k):
            overlaps[cluster].append(overlap)
    return [sum(seen) / len(seen) if seen else None for seen in overlaps]


def _cluster(distances: NDArray[np.float32], k: int, chance: np.random.Generator) -> Rows:
    rows = np.arange(len(distances))
    medoids = faster_pam(distances, lab(distances, k, rows[:0], rows, chance)).medoids
    labels: Rows = distances[:, medoids].argmin(axis=1)
    return labels


def _best_matches(labels: Rows, again: Rows, k: int) -> Sequence[tuple[int, float]]:
    """Return each cluster present with its greatest Jaccard overlap with any of the new ones."""
    columns = int(again.max()) + 1
    shared = np.bincount(labels * columns + again, minlength=k * columns).reshape(k, columns)
    sizes = shared.sum(axis=1)
    union = sizes[:, None] + shared.sum(axis=0) - shared
    best = (shared / np.maximum(union, 1)).max(axis=1)
    return [(int(cluster), float(best[cluster])) for cluster in np.flatnonzero(sizes)]
