"""A run: clusters with ids that last, and which work belongs to which."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from indexer.clustering.distances import most_central, nearest_medoids, unit_rows
from indexer.clustering.model import Vectors
from indexer.errors import UnknownCluster

Lookup = Callable[[Sequence[str]], Vectors]
"""Returns the vectors of works that exist, n x width, in their order; as `ArtworkStore.vectors` does."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster: its id, never given twice, and its medoids, which are works in it.

    The first is its cover. One that curators made of several has the medoids of all of them.
    """

    id: int
    medoids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One finished clustering.

    `loss` and `silhouette` are over the works that had a say in the search; `clusters` go by size, the
    largest first; `members` maps each work to the id of its cluster. Ids from `next_id` on have never
    been given.
    """

    engine: str
    k: int
    seed: int
    loss: float
    silhouette: float | None
    clusters: tuple[Cluster, ...]
    members: Mapping[str, int]
    next_id: int

    def cluster(self, cluster_id: int) -> Cluster:
        """Return one cluster; raise `UnknownCluster`."""
        for cluster in self.clusters:
            if cluster.id == cluster_id:
                return cluster
        raise UnknownCluster(cluster_id)

    def works_of(self, *cluster_ids: int) -> list[str]:
        """Return the works of some clusters, by their ids."""
        return sorted(work for work, cluster in self.members.items() if cluster in cluster_ids)

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain JSON values."""
        values = asdict(self)
        return values | {
            "clusters": [{"id": c.id, "medoids": list(c.medoids)} for c in self.clusters],
            "members": dict(self.members),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Run":
        """Return the run that `to_dict` wrote."""
        clusters = tuple(Cluster(c["id"], tuple(c["medoids"])) for c in values["clusters"])
        return cls(**{**values, "clusters": clusters, "members": dict(values["members"])})


def join(run: Run, works: Sequence[str], vectors: Vectors, lookup: Lookup) -> Run:
    """Return the run with new works (n x width) in the clusters of their nearest medoids; known ones stay put."""
    new = [row for row, work in enumerate(works) if work not in run.members]
    if not new:
        return run
    owners = [cluster.id for cluster in run.clusters for _ in cluster.medoids]
    medoids = lookup([medoid for cluster in run.clusters for medoid in cluster.medoids])
    names = [works[row] for row in new]
    nearest = nearest_medoids(unit_rows(vectors[new], names), unit_rows(medoids))
    joined = {name: owners[label] for name, label in zip(names, nearest.labels, strict=True)}
    return replace(run, members={**run.members, **joined})


def forget(run: Run, works: Collection[str], lookup: Lookup) -> Run:
    """Return the run without some works; a cluster whose medoid goes gets its most central member instead."""
    gone = set(works)
    return regrouped(run, {work: cluster for work, cluster in run.members.items() if work not in gone}, lookup)


def regrouped(run: Run, members: Mapping[str, int], lookup: Lookup) -> Run:
    """Return the run with other members: clusters by size, none of them empty, medoids only of their own.

    `lookup` is asked for the members of a cluster that has lost all its medoids.
    """
    sizes = Counter(members.values())
    clusters = []
    for cluster in run.clusters:
        if sizes[cluster.id]:
            stayed = tuple(medoid for medoid in cluster.medoids if members.get(medoid) == cluster.id)
            clusters.append(replace(cluster, medoids=stayed or (_middle(members, cluster.id, lookup),)))
    clusters.sort(key=lambda cluster: (-sizes[cluster.id], cluster.id))
    return replace(run, clusters=tuple(clusters), members=members)


def _middle(members: Mapping[str, int], cluster_id: int, lookup: Lookup) -> str:
    works = sorted(work for work, cluster in members.items() if cluster == cluster_id)
    return works[most_central(unit_rows(lookup(works), works))]
