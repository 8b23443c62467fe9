"""What curators decided, laid over every run anew.

Decisions change no run: `curate` returns it as visitors see it. Taking one off the list undoes it, whatever
came after. They outlive runs because of what they let `wishes` ask of the next one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from indexer.clustering.decisions import Decision, Exclude, Merge, Move, Pin, Split
from indexer.clustering.distances import nearest_medoids, unit_rows
from indexer.clustering.recluster import Wishes
from indexer.clustering.runs import Cluster, Lookup, Run, regrouped


@dataclass(frozen=True, slots=True)
class Curated:
    """A run as its curators want it, and those decisions that found nothing to act on."""

    run: Run
    lapsed: tuple[Decision, ...]


def wishes(decisions: Iterable[Decision], named: Collection[int] = ()) -> Wishes:
    """Return what the next run must respect for these decisions to last, and for names to stay where they fit.

    A cluster that was pinned, merged or split is as a curator wants it, so it keeps its works; one that
    a work was moved to only must not vanish.
    """
    kept: set[int] = set()
    held: set[int] = set()
    excluded: set[str] = set()
    for decision in decisions:
        match decision:
            case Merge(cluster, others):
                kept |= {cluster, *others}
            case Pin(cluster) | Split(cluster):
                kept.add(cluster)
            case Move(_, cluster):
                held.add(cluster)
            case Exclude(work):
                excluded.add(work)
    return Wishes(frozenset(kept), frozenset(held), frozenset(named), frozenset(excluded))


def curate(run: Run, decisions: Iterable[Decision], lookup: Lookup) -> Curated:
    """Apply decisions, oldest first, to a run as `recluster`, `join` or `forget` returned it.

    `lookup` is asked for the works of split clusters, and of those that lost their medoid. A decision
    about a cluster or a work that is not there lapses, and comes back when that does.
    """
    state = _State(run, lookup)
    lapsed = tuple(decision for decision in decisions if not state.apply(decision))
    return Curated(state.run(run), lapsed)


class _State:
    """A run while it is being changed."""

    def __init__(self, run: Run, lookup: Lookup) -> None:
        self.members = dict(run.members)
        self.medoids = {cluster.id: cluster.medoids for cluster in run.clusters}
        self.next_id = run.next_id
        self._lookup = lookup
        # Anchors of a split part need only exist: one that was moved or excluded still marks the place.
        self._existing = run.members.keys()

    def run(self, before: Run) -> Run:
        clusters = tuple(Cluster(cluster, medoids) for cluster, medoids in self.medoids.items())
        return regrouped(replace(before, clusters=clusters, next_id=self.next_id), self.members, self._lookup)

    def apply(self, decision: Decision) -> bool:
        """Apply a decision if what it is about is there; tell whether."""
        match decision:
            case Pin(cluster):
                return cluster in self.medoids
            case Merge(cluster, others):
                return self._merge(cluster, dict.fromkeys(others))
            case Split():
                return self._split(decision)
            case Move(work, cluster):
                return self._move(work, cluster)
            case Exclude(work):
                return self.members.pop(work, None) is not None

    def _merge(self, cluster: int, others: Iterable[int]) -> bool:
        joining = [other for other in others if other in self.medoids and other != cluster]
        if cluster not in self.medoids or not joining:
            return False
        for other in joining:
            self.medoids[cluster] += self.medoids.pop(other)
        self.members |= {work: cluster for work, owner in self.members.items() if owner in joining}
        return True

    def _move(self, work: str, cluster: int) -> bool:
        if cluster not in self.medoids or work not in self.members:
            return False
        self.members[work] = cluster
        return True

    def _split(self, decision: Split) -> bool:
        self.next_id = max(self.next_id, *(part.id + 1 for part in decision.parts))
        there = {part.id: [work for work in part.anchors if work in self._existing] for part in decision.parts}
        middles = {part: anchors[0] for part, anchors in there.items() if anchors}
        if decision.cluster not in self.medoids or decision.cluster not in middles or len(middles) < 2:
            return False
        works = [work for work, owner in self.members.items() if owner == decision.cluster]
        ids = list(middles)
        if works:
            unit = unit_rows(self._lookup(works), works)
            labels = nearest_medoids(unit, unit_rows(self._lookup(list(middles.values())))).labels
            self.members |= {work: ids[label] for work, label in zip(works, labels, strict=True)}
        for part, work in middles.items():
            self.medoids[part] = (work,)
            # Of two copies of a picture, both in the middle of a part, each stays in its own.
            if self.members.get(work) in middles:
                self.members[work] = part
        return True
