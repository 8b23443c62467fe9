"""What becomes of clusters from one run to the next: who continues whom, and which works changed sides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexer.clustering.pairing import pair

SAME = 1 / 3
"""From this Jaccard overlap on, a cluster may continue another: equally large, they share half their works."""

HEIR = 1 / 4
"""A cluster that got this share of another one's works is its heir."""

Members = Mapping[str, int]
"""Which cluster each work belongs to, by their ids."""

Kind = Literal["kept", "split", "merged", "born", "died"]


@dataclass(frozen=True, slots=True)
class Flow:
    """How many works are common to two clusters; `cluster` is the other one."""

    cluster: int
    works: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an earlier cluster.

    `kept`: its id lives on. `split`: parts of it are new clusters (one may have its id). `merged`: most of
    it is in another cluster. `died`: its works are scattered or gone. `size` is what it had, `into` where
    these are now, most first; the difference has left the collection.
    """

    cluster: int
    kind: Kind
    size: int
    into: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a cluster comes from.

    `kept`: it has an earlier one's id. `merged`: it took in one or more others. `split`: it was part of
    one. `born`: none of these. `sources` are where its works were, most first; the difference to `size` is
    new works.
    """

    cluster: int
    kind: Kind
    size: int
    sources: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Mover:
    """A work that changed its cluster on its own, not by a split or a merge."""

    work: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Genealogy:
    """The difference between two runs; ids ascending."""

    fates: tuple[Fate, ...]
    origins: tuple[Origin, ...]
    movers: tuple[Mover, ...]


def inherit(
    before: Members,
    labels: Members,
    *,
    next_id: int,
    preferred: Collection[int] = (),
    settled: Mapping[int, int] | None = None,
) -> dict[int, int]:
    """Return an id for each label: that of the earlier cluster it continues, or a new one from `next_id` on.

    The pairing has the greatest sum of Jaccard overlaps, over works that are in both runs, among pairs of
    `SAME` or more; ids in `preferred` are served before all others. `settled` gives the ids of some
    labels from the start. New ids follow the order of the labels.
    """
    ids = dict(settled or {})
    flows = _Flows(before, labels)
    worth = flows.jaccard()
    worth[worth < SAME] = 0
    worth[np.isin(flows.old, list(ids.values()))] = 0
    worth[:, np.isin(flows.new, list(ids))] = 0
    # No sum of overlaps outweighs one preferred pair more.
    bonus = np.where(np.isin(flows.old, list(preferred)), 1 + min(worth.shape), 0)
    pairs = pair(np.where(worth > 0, worth + bonus[:, None], 0))
    ids |= {int(flows.new[column]): int(flows.old[row]) for row, column in pairs if worth[row, column] > 0}
    for label in sorted(set(labels.values())):
        if label not in ids:
            ids[label], next_id = next_id, next_id + 1
    return ids


def compare(before: Members, after: Members) -> Genealogy:
    """Return what happened to clusters and works between two runs whose ids are settled."""
    flows = _Flows(before, after)
    successions = {int(old): flows.succession(row) for row, old in enumerate(flows.old)}
    merged_into = {heir for kind, heirs in successions.values() if kind == "merged" for heir in heirs}
    parts = {heir for kind, heirs in successions.values() if kind == "split" for heir in heirs}

    def origin(new: int) -> Kind:
        if new in merged_into:
            return "merged"
        return "kept" if new in successions else "split" if new in parts else "born"

    return Genealogy(
        tuple(
            Fate(old, kind, int(flows.old_sizes[row]), flows.into(row))
            for row, (old, (kind, _)) in enumerate(successions.items())
        ),
        tuple(
            Origin(int(new), origin(int(new)), int(flows.new_sizes[column]), flows.sources(column))
            for column, new in enumerate(flows.new)
        ),
        tuple(
            Mover(work, before[work], after[work])
            for work in sorted(before.keys() & after.keys())
            if before[work] != after[work] and after[work] not in successions[before[work]][1]
        ),
    )


class _Flows:
    """How many works went from each cluster to each: `shared` is earlier x later, both by ascending id."""

    def __init__(self, before: Members, after: Members) -> None:
        self.old, self.old_sizes = np.unique(list(before.values()), return_counts=True)
        self.new, self.new_sizes = np.unique(list(after.values()), return_counts=True)
        both = [(before[work], after[work]) for work in before.keys() & after.keys()]
        ids = np.array(both, dtype=np.int64).reshape(-1, 2)
        cells = np.searchsorted(self.old, ids[:, 0]) * len(self.new) + np.searchsorted(self.new, ids[:, 1])
        shape = (len(self.old), len(self.new))
        self.shared: NDArray[np.intp] = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        self.left = self.shared.sum(axis=1)
        self._newborn = ~np.isin(self.new, self.old)

    def jaccard(self) -> NDArray[np.float64]:
        """Return the overlaps of all pairs, over works that are in both runs."""
        union = self.left[:, None] + self.shared.sum(axis=0) - self.shared
        overlaps: NDArray[np.float64] = self.shared / np.maximum(union, 1)
        return overlaps

    def succession(self, row: int) -> tuple[Kind, tuple[int, ...]]:
        """Return what became of an earlier cluster, and to which others it went by that."""
        shared, left = self.shared[row], max(1, int(self.left[row]))
        parts = tuple(int(new) for new in self.new[self._newborn & (shared >= HEIR * left)])
        if self.old[row] in self.new:
            return ("split", parts) if parts else ("kept", ())
        if len(parts) < 2 and shared.max(initial=0) * 2 >= left:
            return "merged", (int(self.new[shared.argmax()]),)
        return ("split", parts) if parts else ("died", ())

    def into(self, row: int) -> tuple[Flow, ...]:
        """Return where the works of an earlier cluster are now."""
        return _most_first(self.new, self.shared[row])

    def sources(self, column: int) -> tuple[Flow, ...]:
        """Return where the works of a later cluster were."""
        return _most_first(self.old, self.shared[:, column])


def _most_first(ids: NDArray[np.int64], counts: NDArray[np.intp]) -> tuple[Flow, ...]:
    ranked = np.lexsort((ids, -counts))
    return tuple(Flow(int(ids[at]), int(counts[at])) for at in ranked if counts[at])
