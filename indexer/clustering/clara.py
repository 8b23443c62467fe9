"""FasterCLARA: medoids of samples, judged by all vectors; no n x n matrix."""

from dataclasses import dataclass

import numpy as np

from indexer.clustering.answer import around
from indexer.clustering.distances import distance_matrix
from indexer.clustering.fasterpam import faster_pam
from indexer.clustering.model import Rows
from indexer.clustering.starts import Start
from indexer.clustering.watch import Watch
from indexer.store.model import Vector

_BLOCK = 1000
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Clara:
    """FasterCLARA of Schubert & Rousseeuw (2021), polished at its end.

    Each of `samples` samples of `size` vectors holds the best medoids so far; its own medoids are
    searched with FasterPAM and judged by the loss over all vectors.
    """

    samples: int
    size: int
    start: Start

    def search(
        self, unit: Vector, k: int, held: Rows, order: Rows, chance: np.random.Generator, watch: Watch
    ) -> tuple[Rows, int]:
        """Return k medoids, the rows in `held` first, and how many swaps led to them."""
        best, least, swaps = held, np.inf, 0
        for number in range(self.samples):
            part = watch.part(0.8 * number / self.samples, 0.8 * (number + 1) / self.samples)
            drawn = chance.choice(order, min(self.size, len(order)), replace=False)
            # What is held comes first, then the best, then the drawn ones; each once.
            sample = np.array(list(dict.fromkeys([*held, *best, *drawn])), dtype=np.intp)
            rows, front = np.arange(len(sample)), np.arange(len(held))
            distances = distance_matrix(unit[sample], part.part(0, 0.4))
            found = faster_pam(
                distances, self.start(distances, k, front, rows, chance), held=len(held), watch=part.part(0.4, 0.9)
            )
            swaps += found.swaps
            medoids = sample[found.medoids]
            loss = float(around(unit, medoids).distances.sum(dtype=np.float64))
            if loss < least:
                best, least = medoids, loss
        return polished(unit, best, len(held), watch.part(0.8, 1)), swaps


def polished(unit: Vector, medoids: Rows, held: int, watch: Watch) -> Rows:
    """Move each medoid but the first `held` to the middle of its cluster, while that lowers the loss.

    A cluster's distances to one of its members x sum to size - x . (sum of members), so for cosine the
    middle is found in linear time. On 20,000 vectors this took off half of what a sample had cost.
    """
    found = around(unit, medoids)
    for number in range(_ROUNDS):
        watch.step("polishing", number / _ROUNDS)
        central = _most_central(unit, found.labels, len(medoids))
        central[:held] = medoids[:held]
        moved = around(unit, central)
        if not moved.distances.sum(dtype=np.float64) < found.distances.sum(dtype=np.float64):
            break
        medoids, found = central, moved
    return medoids


def _most_central(unit: Vector, labels: Rows, k: int) -> Rows:
    """Return the row of each cluster with the least sum of distances to the others; no cluster is empty."""
    sums = np.zeros((k, unit.shape[1]))
    for start in range(0, len(unit), _BLOCK):
        belongs = labels[start : start + _BLOCK] == np.arange(k)[:, None]
        sums += belongs.astype(np.float32) @ unit[start : start + _BLOCK]
    towards = sums.astype(np.float32)
    nearness = np.concatenate(
        [
            np.einsum("ij,ij->i", unit[start : start + _BLOCK], towards[labels[start : start + _BLOCK]])
            for start in range(0, len(unit), _BLOCK)
        ]
    )
    ranked = np.lexsort((-nearness, labels))
    return ranked[np.searchsorted(labels[ranked], np.arange(k))]
