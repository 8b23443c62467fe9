"""The engines that find medoids, by name; the default one is FasterPAM, cosine distance, in NumPy.

k-medoids has no centres in the air: the middle of each cluster is one of its works, which can hang on the wall.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexer.clustering import Engine
from indexer.clustering.answer import Task, gathered, loss_of, task
from indexer.clustering.clara import Clara
from indexer.clustering.distances import distance_matrix
from indexer.clustering.fasterpam import LEAST_GAIN, Search, faster_pam
from indexer.clustering.model import Medoids, Rows, Vectors
from indexer.clustering.sklearn_extra import SklearnExtra
from indexer.clustering.starts import STARTS
from indexer.clustering.watch import SILENT, Watch

_SAMPLES_PER_CLUSTER = 40

# Works come in by and by, and many clusterings are nearly equally good: of 2,400 paintings, two searches that
# ended 0.01 % apart had put a quarter of them elsewhere, and 50 new ones moved 985. Begun at the old medoids,
# with swaps that gain 1 % of a cluster's loss or more, none moved, and the loss was the same.
_INERTIA = 0.01
_WORTH_ALL_ANEW = 0.01


@dataclass(frozen=True, slots=True)
class FasterPam:
    """FasterPAM up to `limit` vectors, FasterCLARA above; both of Schubert & Rousseeuw (2021).

    Memory beside the vectors (and a copy of them, if they are not of unit length): 4 n^2 bytes up to the
    limit, 400 MB at 10,000; above it 4 `sample`^2 bytes, 64 MB, and some blocks of 16 MB. With more than
    100 clusters a sample has 40 vectors for each, up to the limit.
    The best of `searches` counts, each from its own start (`lab`, `build` or `random`). The result follows
    from the vectors and the seed, whatever order the vectors come in. Given medoids to `begin` at, it
    stays with what they lead to unless a fresh search has a loss lower by 1 %.
    """

    limit: int = 10_000
    searches: int = 2
    start: str = "lab"
    samples: int = 5
    sample: int = 4_000
    name: str = "numpy"

    def find(
        self,
        vectors: Vectors,
        k: int,
        *,
        seed: int = 0,
        fixed: Sequence[int] = (),
        begin: Sequence[int] = (),
        watch: Watch = SILENT,
    ) -> Medoids:
        """Return k medoids of `vectors` (n x width), the rows in `fixed` among them."""
        what = task(vectors, k, seed, fixed, begin)
        search = self._exact if len(what.unit) <= self.limit else self._sampled
        medoids, swaps = search(what, watch.part(0, 0.95))
        watch.step("gathering clusters", 0.95)
        return gathered(what, medoids, swaps)

    def _exact(self, what: Task, watch: Watch) -> tuple[Rows, int]:
        distances = distance_matrix(what.unit, watch.part(0, 0.5))
        stays = len(what.given) > what.held
        runs = self.searches + stays

        def search(number: int, given: Rows, least_gain: float) -> Search:
            start = STARTS[self.start](distances, what.k, given, what.order, what.chance)
            order = what.chance.permutation(what.order)
            part = watch.part(0.5 + 0.5 * number / runs, 0.5 + 0.5 * (number + 1) / runs)
            return faster_pam(distances, start, held=what.held, order=order, least_gain=least_gain, watch=part)

        found = [search(number, what.fixed, LEAST_GAIN) for number in range(self.searches)]
        best = min(found, key=lambda search: search.loss)
        if stays:
            old = search(self.searches, what.given, max(LEAST_GAIN, _INERTIA / what.k))
            best = best if best.loss < old.loss * (1 - _WORTH_ALL_ANEW) else old
        return best.medoids, best.swaps

    def _sampled(self, what: Task, watch: Watch) -> tuple[Rows, int]:
        size = max(what.k, min(self.limit, max(self.sample, _SAMPLES_PER_CLUSTER * what.k)))
        clara = Clara(self.samples, size, STARTS[self.start])
        stays = len(what.given) > what.held
        medoids, swaps = clara.search(what, watch.part(0, 0.8 if stays else 1))
        if stays:
            old = clara.stay(what, watch.part(0.8, 1))
            if not loss_of(what.unit, medoids) < loss_of(what.unit, old) * (1 - _WORTH_ALL_ANEW):
                return old, 0
        return medoids, swaps


ENGINES: dict[str, Callable[[], Engine]] = {"numpy": FasterPam, "sklearn-extra": SklearnExtra}
"""What settings may name; the second raises `EngineMissing` where it cannot be loaded."""
