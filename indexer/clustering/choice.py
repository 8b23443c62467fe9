"""How many clusters: medoid silhouettes of several numbers, tried on a sample."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.clustering.distances import canonical_order, distance_matrix, two_nearest, unit_rows
from indexer.clustering.fasterpam import faster_pam
from indexer.clustering.model import Vectors, medoid_silhouette
from indexer.clustering.starts import lab
from indexer.clustering.watch import SILENT, Watch
from indexer.errors import BadClusterCount, NothingToCluster

_MOST = 200
_STEPS = 12


@dataclass(frozen=True, slots=True)
class Trial:
    """One number of clusters tried: its medoid silhouette, and the mean distance of a work to its medoid."""

    k: int
    silhouette: float
    distance: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The number of clusters with the best silhouette, and the curve it was chosen from, by growing k.

    `sampled` works were clustered to find it.
    """

    k: int
    curve: tuple[Trial, ...]
    sampled: int


def candidates(count: int) -> tuple[int, ...]:
    """Return the numbers of clusters worth trying for 3 works or more: from sqrt(n) / 4 to 2 sqrt(n), 200 at most.

    Still fewer nearly always have the better silhouette on paintings (drawings here, the rest there), and
    still more are too many themes to look at: a visitor wants some dozens of works in each.
    """
    root = math.sqrt(count)
    least = max(2, round(root / 4))
    most = max(least, min(_MOST, round(2 * root), count - 1))
    return tuple(sorted({round(k) for k in np.geomspace(least, most, _STEPS)}))


def choose_k(
    vectors: Vectors,
    tried: Iterable[int] = (),
    *,
    seed: int = 0,
    sample: int = 3_000,
    watch: Watch = SILENT,
) -> Choice:
    """Cluster a sample of `vectors` (n x width) with each number in `tried` or of `candidates`; choose the best.

    Judged by the medoid silhouette (Lenssen & Schubert 2022); of equal ones the smaller number wins. One
    matrix of distances, 4 `sample`^2 bytes, serves all trials. Fewer than 3 works are one cluster. Raises
    `BadClusterCount` for a number under 2, or one that leaves nothing but medoids.
    """
    unit = unit_rows(vectors)
    if not len(unit):
        raise NothingToCluster
    if len(unit) < 3:
        return Choice(1, (), len(unit))
    chance = np.random.default_rng(seed)
    order = canonical_order(unit)
    if len(order) > sample:
        order = chance.choice(order, sample, replace=False)
    numbers = sorted(set(tried)) or candidates(len(unit))
    for k in numbers:
        if not 2 <= k < len(order):
            raise BadClusterCount(k, 2, len(order) - 1)
    curve = _curve(unit[order], numbers, chance, watch)
    best = max(curve, key=lambda trial: (trial.silhouette, -trial.k))
    return Choice(best.k, curve, len(order))


def _curve(unit: Vectors, numbers: Sequence[int], chance: np.random.Generator, watch: Watch) -> tuple[Trial, ...]:
    distances = distance_matrix(unit, watch.part(0, 0.2))
    rows, curve = np.arange(len(unit)), []
    for done, k in enumerate(numbers):
        part = watch.part(0.2 + 0.8 * done / len(numbers), 0.2 + 0.8 * (done + 1) / len(numbers))
        start = lab(distances, k, rows[:0], rows, chance)
        found = faster_pam(distances, start, watch=part)
        silhouette = medoid_silhouette(two_nearest(distances, rows, found.medoids), found.medoids)
        curve.append(Trial(k, silhouette or 0.0, found.loss / len(unit)))
    return tuple(curve)
