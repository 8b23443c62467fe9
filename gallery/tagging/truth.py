"""From curators' decisions, one after the other, to what holds of each work."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gallery.models.tagging import TagDecision, TagSet
from indexer.tagging.agreement import alpha, between, kappa

Verdicts = dict[str, dict[str, bool]]
"""What holds of works: sha256 -> class -> whether it is one."""


def verdicts_of(decisions: Sequence[TagDecision], exclusive: bool) -> Verdicts:
    """Return what holds after these decisions, oldest first: the latest counts.

    Of exclusive classes, a work that is one of them is none of those it was before.
    """
    said: Verdicts = {}
    for each in decisions:
        about = said.setdefault(each.sha256, {})
        if each.verdict and exclusive:
            for other in [name for name, verdict in about.items() if verdict]:
                del about[other]
        about[each.label] = each.verdict
    return said


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far curators agree: `works` that several labelled, Krippendorff's alpha, Cohen's kappa of each two, and
    the works they differ on, by sha256, with what each person said.
    """

    works: int
    alpha: float | None
    pairs: tuple[tuple[int, int, int, float | None], ...]
    disputed: Mapping[str, Mapping[int, str]]


def agreement_of(tags: TagSet, decisions: Sequence[TagDecision]) -> Agreement:
    """Compare what different people said of the same works; of several classes, each class by itself."""
    units = _units(tags, decisions)
    several = {unit: by for unit, by in units.items() if len(by) > 1}
    named = {f"{sha256} {label}": by for (sha256, label), by in several.items()}
    pairs = tuple((one, other, len(both), kappa(both)) for (one, other), both in sorted(between(named).items()))
    disputed: dict[str, dict[int, str]] = {}
    for (sha256, label), by in several.items():
        if len(set(by.values())) > 1:
            told = {who: said if not label else f"{label}: {said}" for who, said in by.items()}
            disputed.setdefault(sha256, {}).update(told)
    works = len({sha256 for sha256, _ in several})
    return Agreement(works, alpha([list(by.values()) for by in several.values()]), pairs, disputed)


def _units(tags: TagSet, decisions: Sequence[TagDecision]) -> dict[tuple[str, str], dict[int, str]]:
    units: dict[tuple[str, str], dict[int, str]] = {}
    for each in decisions:
        if each.user_id is None or each.label not in tags.classes:
            continue
        if not tags.exclusive:
            units.setdefault((each.sha256, each.label), {})[each.user_id] = "yes" if each.verdict else "no"
        elif each.verdict:
            units.setdefault((each.sha256, ""), {})[each.user_id] = each.label
    return units


def examples_of(verdicts: Verdicts, classes: Sequence[str]) -> dict[str, int]:
    """Return how many works curators have given each class."""
    counts = Counter(name for said in verdicts.values() for name, verdict in said.items() if verdict)
    return {name: counts[name] for name in classes}
