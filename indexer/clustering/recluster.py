"""Clustering a collection again: what was good stays, what curators wished is kept, and ids go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.clustering import Engine
from indexer.clustering.distances import most_central, unit_rows
from indexer.clustering.genealogy import inherit
from indexer.clustering.model import Vectors
from indexer.clustering.runs import Cluster, Run, join, regrouped
from indexer.clustering.watch import SILENT, Watch


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a new run must respect.

    Clusters `kept` keep their works and their medoid: the run can only add to them. Those `held` keep
    their medoid. Those `preferred` (they have a name) are served first when ids are given. Works
    `excluded` have no say, but belong to the nearest cluster, so that they can come back at any time.
    """

    kept: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    preferred: frozenset[int] = frozenset()
    excluded: frozenset[str] = frozenset()


NO_WISHES = Wishes()


def recluster(
    works: Sequence[str],
    vectors: Vectors,
    k: int,
    *,
    engine: Engine,
    seed: int = 0,
    previous: Run | None = None,
    wishes: Wishes = NO_WISHES,
    next_id: int = 1,
    afresh: bool = False,
    watch: Watch = SILENT,
) -> Run:
    """Cluster works by their vectors (n x width), with the ids of those clusters of `previous` that go on.

    The search begins at the previous medoids, and stays with those that are still good, unless it is
    `afresh`. There are more than k clusters if more are kept and held, and fewer if those leave too few
    works. New ids start at `next_id` or at that of `previous`. Raises what `Engine.find` raises.
    """
    unit = unit_rows(vectors, works)
    before = previous.members if previous else {}
    middles = _middles(works, unit, previous, wishes.excluded)
    stay = {work: before[work] for work in works if before.get(work) in wishes.kept & middles.keys()}
    fixed = {row: cluster for cluster, row in middles.items() if cluster in wishes.kept | wishes.held}
    voters = [row for row, w in enumerate(works) if row in fixed or not (w in wishes.excluded or w in stay)]
    place = {row: number for number, row in enumerate(voters)}
    k = max(k, len(fixed))
    found = engine.find(
        unit if len(voters) == len(works) else unit[voters],
        min(k, len(voters)) if stay else k,
        seed=seed,
        fixed=[place[row] for row in fixed],
        begin=[] if afresh else [place[row] for row in middles.values()],
        watch=watch,
    )
    labels = {works[row]: int(label) for row, label in zip(voters, found.labels, strict=True)}
    settled = {labels[works[row]]: cluster for row, cluster in fixed.items()}
    next_id = max(next_id, previous.next_id if previous else 1)
    ids = inherit(before, labels, next_id=next_id, preferred=wishes.preferred, settled=settled)
    run = Run(
        engine=engine.name,
        k=len(found.rows),
        seed=seed,
        loss=found.loss,
        silhouette=found.silhouette,
        clusters=tuple(Cluster(ids[label], (works[voters[row]],)) for label, row in enumerate(found.rows)),
        members={work: ids[label] for work, label in labels.items()} | stay,
        next_id=max(next_id, *(cluster + 1 for cluster in ids.values())),
    )
    return _with_the_rest(run, works, unit)


def _with_the_rest(run: Run, works: Sequence[str], unit: Vectors) -> Run:
    """Return the run with works that had no say in their nearest clusters, the largest cluster first."""
    row_of = {work: row for row, work in enumerate(works)}

    def lookup(some: Sequence[str]) -> Vectors:
        return unit[[row_of[work] for work in some]]

    rest = [work for work in works if work not in run.members]
    joined = join(run, rest, lookup(rest), lookup)
    return regrouped(joined, joined.members, lookup)


def _middles(works: Sequence[str], unit: Vectors, previous: Run | None, excluded: frozenset[str]) -> dict[int, int]:
    """Return the row of each earlier cluster's middle, by its id: its medoid, or the most central member left."""
    if previous is None:
        return {}
    place = {work: row for row, work in enumerate(works) if work not in excluded}
    rows: dict[int, int] = {}
    for cluster in previous.clusters:
        if cluster.medoids[0] in place:
            rows[cluster.id] = place[cluster.medoids[0]]
        elif left := [place[work] for work in previous.works_of(cluster.id) if work in place]:
            rows[cluster.id] = left[most_central(unit[left])]
    return rows
