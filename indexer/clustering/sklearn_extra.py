"""The second engine: scikit-learn-extra's KMedoids and CLARA, for those who want to compare; the only door to it.

Its last release, 0.3.0, is of 2023: it loads only with NumPy 1 and Python 3.11, and its `pam` takes some 600
times as long as FasterPAM for the same medoids. So it is an extra, and the other engine the default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexer.clustering.answer import gathered, task
from indexer.clustering.distances import distance_matrix
from indexer.clustering.model import Medoids, Rows, Vectors
from indexer.clustering.watch import SILENT, Watch
from indexer.errors import EngineMissing


@dataclass(frozen=True, slots=True)
class SklearnExtra:
    """KMedoids up to `limit` vectors, CLARA above; raises `EngineMissing` when made where it cannot load.

    `method` is `alternate`, quick with a loss some 1-2 % above, or `pam`, exact and very slow.
    It cannot be stopped within its search, begins anew each time, and cannot hold medoids still: those
    `fixed` are set aside and join the medoids of the rest.
    """

    limit: int = 10_000
    method: str = "alternate"
    name: str = "sklearn-extra"

    def __post_init__(self) -> None:
        _load()

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
        what = task(vectors, k, seed, fixed, ())
        medoids = what.fixed
        if k > what.held:
            rest = what.order[~np.isin(what.order, medoids)]
            medoids = np.concatenate([medoids, rest[self._search(what.unit[rest], k - what.held, seed, watch)]])
        return gathered(what, medoids, 0)

    def _search(self, unit: Vectors, k: int, seed: int, watch: Watch) -> Rows:
        package = _load()
        if len(unit) > self.limit:
            watch.step("searching samples", 0.1)
            model = package.CLARA(k, metric="cosine", random_state=seed).fit(unit)
        else:
            distances = distance_matrix(unit, watch.part(0, 0.5))
            watch.step("exchanging medoids", 0.5)
            model = package.KMedoids(k, metric="precomputed", method=self.method, random_state=seed).fit(distances)
        return np.asarray(model.medoid_indices_, dtype=np.intp)


def _load() -> Any:
    """Import scikit-learn-extra; NumPy 2 makes that fail with a ValueError about sizes."""
    try:
        from sklearn_extra import cluster
    except (ImportError, ValueError, AttributeError) as error:
        raise EngineMissing(str(error)) from error
    return cluster
