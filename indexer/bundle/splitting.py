"""Which side of a split a work is on: never another than its duplicates, its versions and works of the same name.

Works that belong together make a group. The side of a group follows from the seed and from the group's oldest work
alone, by a hash: with the same seed it is always the same, and a work that is added later moves no other (only one
that joins two groups takes the younger to the side of the older).
"""

import hashlib
from collections.abc import Iterable, Sequence

from indexer.bundle.order import SIDES, Split
from indexer.store.model import Artwork
from scraper.facts import UNTITLED
from scraper.names import slug

Pairs = Iterable[tuple[str, str]]
"""Works that show the same or are versions of each other, by their sha256."""

_WHOLE = 2**64


def sides(works: Sequence[Artwork], pairs: Pairs, split: Split) -> dict[str, str]:
    """Return the side of each work by its sha256; `works` should be all there are, not only those wanted."""
    heads = groups(works, pairs)
    chosen = {head: side_of(head, split) for head in set(heads.values())}
    return {sha256: chosen[head] for sha256, head in heads.items()}


def groups(works: Sequence[Artwork], pairs: Pairs) -> dict[str, str]:
    """Return the oldest work of each work's group, by sha256.

    Pairs join also through works that are not there: two copies of a work that was merged away are copies of each
    other. Union-find with halved paths (Tarjan and van Leeuwen, Journal of the ACM 31, 1984).
    """
    parent: dict[str, str] = {}

    def find(node: str) -> str:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]
        return node

    for one, other in pairs:
        parent[find(one)] = find(other)
    for work in works:
        if named(work):
            # No sha256 looks like this: it stands for the name.
            parent[find(work.sha256)] = find(f"{slug(work.artist)}/{slug(work.title)}")
    oldest: dict[str, Artwork] = {}
    for work in works:
        first = oldest.setdefault(find(work.sha256), work)
        if (work.added_at, work.sha256) < (first.added_at, first.sha256):
            oldest[find(work.sha256)] = work
    return {work.sha256: oldest[find(work.sha256)].sha256 for work in works}


def named(work: Artwork) -> bool:
    """Tell whether a work has a name of its own: those without one have nothing in common."""
    return work.title.strip() not in ("", UNTITLED)


def side_of(head: str, split: Split) -> str:
    """Return the side on which a group is, by its oldest work."""
    place = int.from_bytes(hashlib.sha256(f"{split.seed}:{head}".encode()).digest()[:8]) / _WHOLE
    for side, share in zip(SIDES, split.shares, strict=True):
        if place < share:
            return side
        place -= share
    # Shares that add up to a little less than 1 leave the last place to a side that may have any.
    return next(side for side, share in reversed(list(zip(SIDES, split.shares, strict=True))) if share > 0)
