"""Groups of works that are all alike, each to each: complete link, so that no chain of likenesses joins strangers."""

from collections.abc import Iterable


def complete_groups(pairs: Iterable[tuple[str, str, float]]) -> list[list[str]]:
    """Return groups of two works or more in which every two are a pair; `pairs` have a score, higher is more alike.

    The most alike are joined first, and two groups only if every work of one is paired with every one of the other
    (complete linkage; Defays, The Computer Journal 20, 1977). Groups and works come in a fixed order.
    """
    scores = {frozenset((one, other)): score for one, other, score in pairs if one != other}
    group: dict[str, set[str]] = {}
    for pair in sorted(scores, key=lambda pair: (-scores[pair], sorted(pair))):
        one, other = sorted(pair)
        mine, its = group.setdefault(one, {one}), group.setdefault(other, {other})
        if mine is its or any(frozenset((a, b)) not in scores for a in mine for b in its):
            continue
        mine |= its
        for work in its:
            group[work] = mine
    groups = {id(works): works for works in group.values()}.values()
    return sorted(sorted(works) for works in groups if len(works) > 1)
