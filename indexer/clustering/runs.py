"""A run: clusters with ids that last, and which work belongs to which."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from indexer.clustering import Engine
from indexer.clustering.distances import most_central, nearest_medoids, unit_rows
from indexer.clustering.genealogy import inherit
from indexer.clustering.watch import SILENT, Watch
from indexer.errors import UnknownCluster
from indexer.store.model import Vector

Lookup = Callable[[Sequence[str]], Vector]
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

    `loss` and `silhouette` are those of the search; `clusters` go by size, the largest first; `members`
    maps each work to the id of its cluster. Ids from `next_id` on have never been given.
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


def recluster(
    works: Sequence[str],
    vectors: Vector,
    k: int,
    *,
    engine: Engine,
    seed: int = 0,
    previous: Run | None = None,
    held: Collection[int] = (),
    preferred: Collection[int] = (),
    excluded: Collection[str] = (),
    next_id: int = 1,
    watch: Watch = SILENT,
) -> Run:
    """Cluster works by their vectors (n x width), with the ids of those clusters of `previous` that go on.

    The medoid of a cluster in `held` is not exchanged; if it has gone, the most central of the members
    left takes its place. If more than k are held, there are more than k clusters. Those `preferred` are
    served first when ids are given. Works `excluded` have no say in what the clusters are, but belong to
    the nearest, so that they can come back at any time. New ids start at `next_id` or at `previous`'s.
    """
    unit = unit_rows(vectors, works)
    barred = set(excluded)
    voters = [row for row, work in enumerate(works) if work not in barred]
    chosen = unit if len(voters) == len(works) else unit[voters]
    names = [works[row] for row in voters]
    fixed = _held_rows(names, chosen, previous, held)
    found = engine.find(chosen, max(k, len(fixed)), seed=seed, fixed=list(fixed), watch=watch)
    labels = {name: int(label) for name, label in zip(names, found.labels, strict=True)}
    next_id = max(next_id, previous.next_id if previous else 1)
    ids = inherit(
        previous.members if previous else {},
        labels,
        next_id=next_id,
        preferred=preferred,
        settled={int(found.labels[row]): cluster for row, cluster in fixed.items()},
    )
    run = Run(
        engine.name,
        len(found.rows),
        seed,
        found.loss,
        found.silhouette,
        tuple(Cluster(ids[label], (names[row],)) for label, row in enumerate(found.rows)),
        {name: ids[label] for name, label in labels.items()},
        max(next_id, *(cluster + 1 for cluster in ids.values())),
    )
    left_out = [row for row, work in enumerate(works) if work in barred]
    place = {work: row for row, work in enumerate(works)}
    return join(
        run, [works[row] for row in left_out], unit[left_out], lambda some: unit[[place[work] for work in some]]
    )


def join(run: Run, works: Sequence[str], vectors: Vector, lookup: Lookup) -> Run:
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


def _held_rows(names: Sequence[str], unit: Vector, previous: Run | None, held: Collection[int]) -> dict[int, int]:
    """Return the rows of the medoids that stay, with the ids of their clusters."""
    place = {name: row for row, name in enumerate(names)}
    rows: dict[int, int] = {}
    for cluster in previous.clusters if previous else ():
        if cluster.id not in held:
            continue
        if cluster.medoids[0] in place:
            rows[place[cluster.medoids[0]]] = cluster.id
        elif previous and (left := [place[work] for work in previous.works_of(cluster.id) if work in place]):
            rows[left[most_central(unit[left])]] = cluster.id
    return rows
