"""Where works stand in their clusters: in the middle, at the edge, or between two; and which clusters are near."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.clustering.distances import cosine_distances, unit_rows
from indexer.clustering.model import Vectors
from indexer.clustering.runs import Lookup, Run

_BLOCK = 4000


@dataclass(frozen=True, slots=True)
class Standing:
    """A work's cosine distance to the medoid of its cluster, and to the nearest medoid of another.

    In a cluster of several medoids the nearest counts. With one cluster there is no `other`, and the
    distance to it is infinite.
    """

    work: str
    cluster: int
    distance: float
    other: int | None
    other_distance: float

    @property
    def doubt(self) -> float:
        """Own distance over the other: 0 in the middle, 1 on the border, more for a work that was moved here."""
        return self.distance / self.other_distance if self.other_distance > 0 else 1.0


def standings(run: Run, works: Sequence[str], vectors: Vectors, lookup: Lookup) -> list[Standing]:
    """Return where those of `works` (n x width) stand that are in a cluster; `lookup` is asked for medoids."""
    rows = [row for row, work in enumerate(works) if work in run.members]
    if not rows:
        return []
    ids = np.array([cluster.id for cluster in run.clusters])
    place = {cluster: column for column, cluster in enumerate(ids.tolist())}
    medoids = _medoids(run, lookup)
    found = []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        names = [works[row] for row in block]
        cells = _to_clusters(run, unit_rows(vectors[block], names), medoids)
        own = np.array([place[run.members[name]] for name in names])
        each = np.arange(len(block))
        distances = cells[each, own]
        cells[each, own] = np.inf
        others = cells.argmin(axis=1)
        for row, name in enumerate(names):
            other = int(ids[others[row]]) if len(ids) > 1 else None
            far = float(cells[row, others[row]])
            found.append(Standing(name, int(ids[own[row]]), float(distances[row]), other, far))
    return found


def typical(some: Iterable[Standing], count: int) -> list[Standing]:
    """Return the works nearest to their medoid."""
    return sorted(some, key=lambda standing: (standing.distance, standing.work))[:count]


def outliers(some: Iterable[Standing], count: int) -> list[Standing]:
    """Return the works farthest from their medoid."""
    return sorted(some, key=lambda standing: (-standing.distance, standing.work))[:count]


def borderline(some: Iterable[Standing], count: int) -> list[Standing]:
    """Return the works that belong to another cluster nearly as much, or more; the most doubtful first."""
    return sorted(some, key=lambda standing: (-standing.doubt, standing.work))[:count]


def nearest_clusters(run: Run, cluster: int, lookup: Lookup, count: int = 6) -> list[tuple[int, float]]:
    """Return the other clusters whose medoids are nearest to those of a cluster, with the distance."""
    columns = [other.id for other in run.clusters]
    owners = np.repeat(columns, [len(other.medoids) for other in run.clusters])
    medoids = _medoids(run, lookup)
    distances = _to_clusters(run, medoids[owners == run.cluster(cluster).id], medoids).min(axis=0)
    ranked = sorted(zip(distances.tolist(), columns, strict=True))
    return [(other, distance) for distance, other in ranked if other != cluster][:count]


def _medoids(run: Run, lookup: Lookup) -> Vectors:
    works = [medoid for cluster in run.clusters for medoid in cluster.medoids]
    return unit_rows(lookup(works), works)


def _to_clusters(run: Run, unit: Vectors, medoids: Vectors) -> NDArray[np.float32]:
    """Return the distances of unit rows to the nearest medoid of each cluster, n x clusters."""
    firsts = np.cumsum([0, *(len(cluster.medoids) for cluster in run.clusters[:-1])])
    return np.minimum.reduceat(cosine_distances(unit, medoids), firsts, axis=1)
