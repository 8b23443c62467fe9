"""What a curator can decide about clusters, each decision checked against the run it is made on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from indexer.clustering import Engine
from indexer.clustering.runs import Lookup, Run
from indexer.errors import BadDecision

_ANCHORS = 5


@dataclass(frozen=True, slots=True)
class Pin:
    """The cluster stays as it is: a run may add works to it, and take none away."""

    cluster: int


@dataclass(frozen=True, slots=True)
class Merge:
    """The works of other clusters belong to this one."""

    cluster: int
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a split cluster: its id, and the works in its middle, the most central first.

    Several, so that the part outlives the removal of a work.
    """

    id: int
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The works of the cluster go to the nearest of its parts, the first of which has its id."""

    cluster: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """The work belongs to the cluster."""

    work: str
    cluster: int


@dataclass(frozen=True, slots=True)
class Exclude:
    """The work belongs to no cluster."""

    work: str


Decision = Pin | Merge | Split | Move | Exclude

_KINDS: dict[str, type[Decision]] = {"pin": Pin, "merge": Merge, "split": Split, "move": Move, "exclude": Exclude}


def pin(run: Run, cluster: int) -> Pin:
    """Decide that a cluster stays; raise `UnknownCluster`."""
    return Pin(run.cluster(cluster).id)


def merge(run: Run, cluster: int, others: Sequence[int]) -> Merge:
    """Decide that clusters belong to `cluster`, which keeps its id; raise `UnknownCluster` or `BadDecision`."""
    joining = tuple(run.cluster(other).id for other in dict.fromkeys(others) if other != run.cluster(cluster).id)
    if not joining:
        raise BadDecision(f"cluster {cluster} cannot be merged with itself alone", "Choose another cluster too.")
    return Merge(cluster, joining)


def split(run: Run, cluster: int, lookup: Lookup, *, engine: Engine, into: int = 2, seed: int = 0) -> Split:
    """Decide that a cluster is several: those that k-medoids finds in it, of which the largest keeps its id.

    Raises `UnknownCluster`, or `BadDecision` if it has fewer works than there shall be parts.
    """
    works = run.works_of(run.cluster(cluster).id)
    if not 2 <= into <= len(works):
        ways = f"Choose from 2 to {len(works)} parts." if len(works) > 1 else "It has but one work."
        raise BadDecision(f"cluster {cluster} cannot be split in {into}", ways)
    found = engine.find(lookup(works), into, seed=seed)
    # By distance, but the medoid first: a copy of it is as near.
    ranked = np.lexsort((found.nearest.distances, ~np.isin(np.arange(len(works)), found.rows)))
    parts = []
    for label in range(into):
        nearest = ranked[found.labels[ranked] == label][:_ANCHORS]
        parts.append(Part(run.next_id + label - 1 if label else cluster, tuple(works[row] for row in nearest)))
    return Split(cluster, tuple(parts))


def move(run: Run, work: str, cluster: int) -> Move:
    """Decide where a work belongs; raise `UnknownCluster` or, for a work in no cluster, `BadDecision`."""
    return Move(_known(run, work), run.cluster(cluster).id)


def exclude(run: Run, work: str) -> Exclude:
    """Decide that a work belongs nowhere; raise `BadDecision` if that is so already."""
    return Exclude(_known(run, work))


def to_dict(decision: Decision) -> dict[str, Any]:
    """Return a decision as plain JSON values."""
    kind = next(kind for kind, made in _KINDS.items() if type(decision) is made)
    return {"kind": kind, **asdict(decision)}


def from_dict(values: Mapping[str, Any]) -> Decision:
    """Return the decision that `to_dict` wrote, before or after a way through JSON."""
    facts = {name: value for name, value in values.items() if name != "kind"}
    if "others" in facts:
        facts["others"] = tuple(facts["others"])
    if "parts" in facts:
        facts["parts"] = tuple(Part(part["id"], tuple(part["anchors"])) for part in facts["parts"])
    return _KINDS[values["kind"]](**facts)


def _known(run: Run, work: str) -> str:
    if work not in run.members:
        raise BadDecision(f"artwork {work} is in no cluster", "Undo its exclusion, or wait until it is indexed.")
    return work
