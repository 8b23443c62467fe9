"""How far curators agree on the works that several of them labelled."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of two people's labels of the same works (Educational and Psychological Measurement, 1960).

    1 is full agreement, 0 what chance would give; None where there is nothing to compare, or one label only.
    """
    if not pairs:
        return None
    count = len(pairs)
    same = sum(one == other for one, other in pairs) / count
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(ones[label] * others[label] for label in ones) / count**2
    return None if chance == 1 else (same - chance) / (1 - chance)


def alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Return Krippendorff's alpha for names (Content Analysis, 4th ed., ch. 12): any number of people, gaps allowed.

    Each unit holds the labels that one work was given; None where no work has two, or all are alike.
    """
    coincidences: defaultdict[tuple[str, str], float] = defaultdict(float)
    for unit in units:
        if len(unit) > 1:
            for one, other in combinations(unit, 2):
                coincidences[one, other] += 1 / (len(unit) - 1)
                coincidences[other, one] += 1 / (len(unit) - 1)
    totals: defaultdict[str, float] = defaultdict(float)
    for (one, _), weight in coincidences.items():
        totals[one] += weight
    whole = sum(totals.values())
    expected = whole**2 - sum(weight**2 for weight in totals.values())
    if not expected:
        return None
    apart = sum(weight for (one, other), weight in coincidences.items() if one != other)
    return 1 - (whole - 1) * apart / expected


def between(said: Mapping[str, Mapping[int, str]]) -> dict[tuple[int, int], list[tuple[str, str]]]:
    """Return what each two people said of the works both labelled; `said` maps works to people to labels."""
    found: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for by in said.values():
        for one, other in combinations(sorted(by), 2):
            found.setdefault((one, other), []).append((by[one], by[other]))
    return found
