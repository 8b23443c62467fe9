"""Clusters of artworks around medoids: how they are found, how many, what they are, and what becomes of them.

Everything here is arithmetic on vectors and labels: no store, no database, no clock. `indexer.medoids` holds
the engines; a run (`runs`) gives clusters the ids of those they continue, and what curators decided (`curation`)
is laid over each run anew.
"""

from collections.abc import Sequence
from typing import Protocol

from indexer.clustering.model import Medoids, Vectors
from indexer.clustering.watch import SILENT, Watch


class Engine(Protocol):
    """A way to find k medoids by cosine distance."""

    @property
    def name(self) -> str:
        """What settings and run records call it."""

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
        """Return k medoids of `vectors` (n x width), the rows in `fixed` among them.

        The rows in `begin` were medoids once; an engine that can stays with them where that costs little.
        Raises `NothingToCluster`, `BadClusterCount` or `UnusableVector` for input that has no answer,
        and `ClusteringStopped` when `watch` says so.
        """
