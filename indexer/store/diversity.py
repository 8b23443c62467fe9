"""Keeping one artist from filling a list of neighbours."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from indexer.store.conditions import AnyOf
from indexer.store.engine import Hit

Ask = Callable[[Sequence[AnyOf], int], list[Hit]]


def spread(ask: Ask, per_artist: int, wanted: int) -> list[Hit]:
    """Return the `wanted` best hits with at most `per_artist` of one artist, best first.

    `ask(closed, limit)` returns the `limit` best hits of all artists but those closed. Whoever has
    their share is closed, and twice as many are asked for, so that a collection of n works takes at
    most log2(n / wanted) rounds; most take one.
    """
    if per_artist < 1:
        raise ValueError(f"an artist may have 1 result or more, not {per_artist}")
    limit, closed, settled = 2 * wanted, set[str](), list[Hit]()
    while True:
        hits = ask([AnyOf("artist_slug", sorted(closed))] if closed else [], limit)
        shares = defaultdict[str, list[Hit]](list)
        for hit in hits:
            share = shares[hit.payload["artist_slug"]]
            if len(share) < per_artist:
                share.append(hit)
        best = sorted([*settled, *(hit for share in shares.values() for hit in share)], key=lambda hit: -hit.score)
        if len(best) >= wanted or len(hits) < limit:
            return best[:wanted]
        for artist, share in shares.items():
            if len(share) == per_artist:
                closed.add(artist)
                settled += share
        limit *= 2
