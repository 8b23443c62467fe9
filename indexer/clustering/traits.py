"""What holds a cluster together: artists, movements and tags that it has more of than the collection."""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_LEAST_SUPPORT = 3
_LEAST_LIFT = 1.5


@dataclass(frozen=True, slots=True)
class Trait:
    """A value that is frequent in a cluster and less so elsewhere.

    `support` works of the cluster have it, which is `share` of them, and `lift` times the share among all
    works.
    """

    field: str
    value: str
    support: int
    share: float
    lift: float

    @property
    def weight(self) -> float:
        """The value's part in what tells the cluster from the collection, in bits (Kullback & Leibler, 1951)."""
        return self.share * math.log2(self.lift)


def traits(
    members: Mapping[str, int], values: Mapping[str, Mapping[str, Collection[str]]], *, most: int = 5
) -> dict[int, list[Trait]]:
    """Return for each cluster its traits, the most telling first, at most so many of a field.

    `values` maps each field to the values that each work of the collection has in it: none, one, or many
    as with tags. Values of fewer than 3 works of the cluster are taken for chance, and so are those that
    the collection has nearly as much of.
    """
    sizes = Counter(members.values())
    found: dict[int, list[Trait]] = {cluster: [] for cluster in sorted(sizes)}
    for field, of_work in values.items():
        total = len(of_work.keys() | members.keys())
        overall = Counter(value for some in of_work.values() for value in set(some))
        inside = Counter(
            (members[work], value) for work, some in of_work.items() if work in members for value in set(some)
        )
        of_field: dict[int, list[Trait]] = {cluster: [] for cluster in found}
        for (cluster, value), support in inside.items():
            share = support / sizes[cluster]
            lift = share * total / overall[value]
            if support >= _LEAST_SUPPORT and lift >= _LEAST_LIFT:
                of_field[cluster].append(Trait(field, value, support, share, lift))
        for cluster, some in of_field.items():
            found[cluster] += sorted(some, key=_telling)[:most]
    return {cluster: sorted(some, key=_telling) for cluster, some in found.items()}


def _telling(trait: Trait) -> tuple[float, str, str]:
    return -trait.weight, trait.field, trait.value
