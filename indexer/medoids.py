"""The engines that find medoids, by name; the default one is FasterPAM, cosine distance, in NumPy.

k-medoids has no centres in the air: the middle of each cluster is one of its works, which can hang on the wall.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.clustering import Engine
from indexer.clustering.answer import check_count, gathered
from indexer.clustering.clara import Clara
from indexer.clustering.distances import canonical_order, distance_matrix, unit_rows
from indexer.clustering.fasterpam import faster_pam
from indexer.clustering.model import Medoids, Rows
from indexer.clustering.sklearn_extra import SklearnExtra
from indexer.clustering.starts import STARTS
from indexer.clustering.watch import SILENT, Watch
from indexer.store.model import Vector

ENGINES = ("numpy", "sklearn-extra")
"""What settings may name."""

_SAMPLES_PER_CLUSTER = 40


def engine_named(name: str) -> Engine:
    """Return an engine by its name; raise `EngineMissing` if it cannot be loaded."""
    return SklearnExtra() if name == "sklearn-extra" else FasterPam()


@dataclass(frozen=True, slots=True)
class FasterPam:
    """FasterPAM up to `limit` vectors, FasterCLARA above; both of Schubert & Rousseeuw (2021).

    Memory beside the vectors (and a copy of them, if they are not of unit length): 4 n^2 bytes up to the
    limit, 400 MB at 10,000; above it 4 `sample`^2 bytes, 64 MB, and some blocks of 16 MB. With more than
    100 clusters a sample has 40 vectors for each, up to the limit.
    The best of `searches` counts, each from its own start (`lab`, `build` or `random`). The result follows
    from the vectors and the seed, whatever order the vectors come in.
    """

    limit: int = 10_000
    searches: int = 2
    start: str = "lab"
    samples: int = 5
    sample: int = 4_000
    name: str = "numpy"

    def find(
        self, vectors: Vector, k: int, *, seed: int = 0, fixed: Sequence[int] = (), watch: Watch = SILENT
    ) -> Medoids:
        """Return k medoids of `vectors` (n x width), the rows in `fixed` among them."""
        unit = unit_rows(vectors)
        held = check_count(len(unit), k, fixed)
        order = canonical_order(unit)
        chance = np.random.default_rng(seed)
        if len(unit) <= self.limit:
            medoids, swaps = self._exact(unit, k, held, order, chance, watch.part(0, 0.95))
        else:
            size = min(self.limit, max(self.sample, _SAMPLES_PER_CLUSTER * k))
            clara = Clara(self.samples, size, STARTS[self.start])
            medoids, swaps = clara.search(unit, k, held, order, chance, watch.part(0, 0.95))
        watch.step("gathering clusters", 0.95)
        return gathered(unit, medoids, order, swaps)

    def _exact(
        self, unit: Vector, k: int, held: Rows, order: Rows, chance: np.random.Generator, watch: Watch
    ) -> tuple[Rows, int]:
        distances = distance_matrix(unit, watch.part(0, 0.5))
        found = []
        for number in range(self.searches):
            part = watch.part(0.5 + 0.5 * number / self.searches, 0.5 + 0.5 * (number + 1) / self.searches)
            start = STARTS[self.start](distances, k, held, order, chance)
            found.append(faster_pam(distances, start, held=len(held), order=chance.permutation(order), watch=part))
        best = min(found, key=lambda search: search.loss)
        return best.medoids, sum(search.swaps for search in found)
