"""FasterPAM: the swaps of k-medoids, each taken as soon as it is found.

Schubert & Rousseeuw, "Fast and eager k-medoids clustering" (Information Systems 101, 2021). One pass over a
candidate's distances prices its exchange with every medoid at once, from the loss that the removal of each
medoid alone would cause. Here that pass is two NumPy calls over all points and a few over those that the
candidate would serve better than their second medoid: about 2 in k of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.clustering.distances import two_nearest
from indexer.clustering.model import Rows
from indexer.clustering.watch import SILENT, Watch

LEAST_GAIN = 1e-6
"""The share of the loss that a swap must gain: less is not worth its time."""

_CHECK_EVERY = 256


@dataclass(frozen=True, slots=True)
class Search:
    """Where a search ended: `losses` are the loss at its start and after each swap."""

    medoids: Rows
    losses: tuple[float, ...]

    @property
    def loss(self) -> float:
        """The sum of the distances of all points to their nearest medoid."""
        return self.losses[-1]

    @property
    def swaps(self) -> int:
        """How many exchanges were made."""
        return len(self.losses) - 1


def faster_pam(
    distances: NDArray[np.float32],
    start: Sequence[int] | Rows,
    *,
    held: int = 0,
    order: Rows | None = None,
    least_gain: float = LEAST_GAIN,
    watch: Watch = SILENT,
) -> Search:
    """Improve the medoids `start` by swaps until none is left that lowers the loss by a share of `least_gain`.

    `distances` is n x n and symmetric. The first `held` medoids stay what they are. Candidates are
    tried in `order` (all rows, once each).
    """
    medoids = np.array(start, dtype=np.intp)
    order = np.arange(len(distances)) if order is None else order
    if len(medoids) == 1:
        return _best_single(distances, medoids, held, order)
    state = _State(distances, medoids, held, least_gain)
    losses = [state.loss]
    since = tested = furthest = 0
    while since < len(order):
        candidate = order[tested % len(order)]
        tested, since = tested + 1, since + 1
        if state.improve(candidate):
            losses.append(state.loss)
            since = 0
        furthest = max(furthest, since)
        if tested % _CHECK_EVERY == 0:
            watch.step("exchanging medoids", furthest / len(order))
    return Search(state.medoids, tuple(losses))


def _best_single(distances: NDArray[np.float32], start: Rows, held: int, order: Rows) -> Search:
    """Return the one point with the least sum of distances: there is no second medoid to reckon with."""
    sums = distances.sum(axis=1, dtype=np.float64)
    best = start[0] if held else order[sums[order].argmin()]
    losses = (sums[start[0]],) if best == start[0] else (sums[start[0]], sums[best])
    return Search(np.array([best]), tuple(float(loss) for loss in losses))


class _State:
    """Every point's two nearest medoids, and what each medoid's removal would cost."""

    def __init__(self, distances: NDArray[np.float32], medoids: Rows, held: int, least_gain: float) -> None:
        self.distances, self.medoids = distances, medoids
        self._held, self._least_gain = held, least_gain
        self._rounding = 1e-13 * len(distances)
        self._is_medoid = np.zeros(len(distances), bool)
        self._is_medoid[medoids] = True
        found = two_nearest(distances, np.arange(len(distances)), medoids)
        self._near, self._second = found.labels, found.second
        self._to_near, self._to_second = found.distances, found.second_distances
        self._reckon()

    def _reckon(self) -> None:
        """Renew the loss, and the loss that taking away each medoid would add."""
        self.loss = float(self._to_near.sum(dtype=np.float64))
        extra = np.subtract(self._to_second, self._to_near, dtype=np.float64)
        self._removal = np.bincount(self._near, extra, minlength=len(self.medoids))
        self._removal[: self._held] = np.inf

    def improve(self, candidate: int) -> bool:
        """Exchange the candidate for the medoid that this gains most for, if it gains at all."""
        if self._is_medoid[candidate]:
            return False
        row = self.distances[candidate]
        served = (row < self._to_second).nonzero()[0]
        # Twice the precision here: a swap that gains by rounding only is undone by another, for ever.
        to_candidate, to_near = row[served].astype(np.float64), self._to_near[served].astype(np.float64)
        # What a point saves that leaves its medoid for the candidate, it saves whoever is removed ...
        gain = np.minimum(to_candidate - to_near, 0).sum()
        # ... and if its own medoid is, it goes to the candidate and not to its second.
        relief = np.maximum(to_candidate, to_near) - self._to_second[served]
        change = self._removal + np.bincount(self._near[served], relief, minlength=len(self.medoids))
        leaving = int(change.argmin())
        if not change[leaving] + gain < -max(self._least_gain * self.loss, self._rounding):
            return False
        self._swap(leaving, candidate, row)
        return True

    def _swap(self, leaving: int, candidate: int, row: NDArray[np.float32]) -> None:
        self._is_medoid[self.medoids[leaving]], self._is_medoid[candidate] = False, True
        self.medoids[leaving] = candidate
        bereft = (self._near == leaving) | (self._second == leaving)
        nearer = row < self._to_near
        first = np.flatnonzero(nearer & ~bereft)
        between = np.flatnonzero((row < self._to_second) & ~nearer & ~bereft)
        self._second[first], self._to_second[first] = self._near[first], self._to_near[first]
        self._near[first], self._to_near[first] = leaving, row[first]
        self._second[between], self._to_second[between] = leaving, row[between]
        lost = np.flatnonzero(bereft)
        found = two_nearest(self.distances, lost, self.medoids)
        self._near[lost], self._to_near[lost] = found.labels, found.distances
        self._second[lost], self._to_second[lost] = found.second, found.second_distances
        self._reckon()
