"""How likely each class is for each work, by what it was not told: neighbours, a head, and the other facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.suspicion.neighbours import Near
from indexer.tagging.head import Probabilities, softmax
from indexer.tagging.labels import Labels, labels_of

NEIGHBOURS = 20
"""Of 10 and 20 neighbours, and temperatures of 0.03, 0.05 and 0.1, these found most planted labels."""

_TEMPERATURE = 0.1
_UNSEEN = 0.5
_TRUST = (2 / 3, 1 / 3, 1 / 2)
"""Weights of head, neighbours and facts, as powers. Of 2,397 paintings with 5 % of labels planted average precision was
0.72 by the head, 0.43 by neighbours, 0.76 by both, 0.92 with facts (artists); 0.50, 0.47, 0.59, 0.91 (movements)."""

_PRIOR = 2.0
_LEAST = 1e-6

Codes = NDArray[np.intp]
"""A class's number for each work, -1 where none is known."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Out-of-sample probabilities n x k for the works `rows`, by each method and combined, with their `labels`.

    `few` are classes with too few different pictures to be judged.
    """

    rows: NDArray[np.intp]
    labels: Labels
    by_head: Probabilities
    by_neighbours: Probabilities
    combined: Probabilities
    few: tuple[str, ...]


def chances(values: Sequence[str | None], near: Near, facts: Sequence[Codes]) -> Chances:
    """Return how likely each value is for each work that has one; raises `TooFewLabels`.

    `facts` are other fields of the works, which the field goes with: artists with movements and decades.
    """
    # Imported here: a second's work, and nothing that serves pages needs it.
    from indexer.tagging.training import train

    said: Mapping[str, Mapping[str, bool]] = {str(row): {value: True} for row, value in enumerate(values) if value}
    labels = labels_of(said, sorted({value for value in values if value}), exclusive=True)
    told = np.array([int(row) for row in labels.works], np.intp)
    made = train(labels, near.vectors[told], near.groups[told], "")
    rows = np.array([int(row) for row in made.labels.works], np.intp)
    codes = np.full(len(values), -1, np.intp)
    codes[rows] = np.nanargmax(made.labels.truth, 1)
    voted = votes(near, codes, len(made.labels.classes))[rows]
    scores = _TRUST[0] * _log(made.held_out) + _TRUST[1] * _log(voted)
    for fact in facts:
        scores += _TRUST[2] * goes_with(codes, fact, near.groups, len(made.labels.classes))[rows]
    return Chances(rows, made.labels, made.held_out, voted, softmax(scores), made.left_out)


def votes(near: Near, codes: Codes, classes: int) -> Probabilities:
    """Return the share of each class among a work's nearest works, nearer ones counting more, n x classes."""
    rows, cosines = near.known(codes >= 0, NEIGHBOURS)
    weights = np.where(rows >= 0, np.exp((cosines - cosines[:, :1]) / _TEMPERATURE), 0)
    found = np.full((len(rows), classes), _UNSEEN / classes)
    for place in range(rows.shape[1]):
        np.add.at(found, (np.arange(len(rows)), codes[rows[:, place]]), weights[:, place])
    return np.asarray(found / found.sum(1, keepdims=True), np.float32)


def goes_with(codes: Codes, fact: Codes, groups: NDArray[np.intp], classes: int) -> NDArray[np.float32]:
    """Return how often works of each class have the fact that a work has, as logarithms, n x classes.

    Neither a work nor one of its group is counted for itself; where the fact is not known all classes are alike.
    """
    known = np.flatnonzero((codes >= 0) & (fact >= 0))
    counts = np.zeros((classes, int(fact.max(initial=0)) + 1), np.float32)
    np.add.at(counts, (codes[known], fact[known]), 1)
    usual = counts.sum(0) / max(1.0, counts.sum())
    same, whole = counts.T[fact], np.tile(counts.sum(1), (len(codes), 1))
    row, other = _within(groups, known)
    np.subtract.at(same, (row, codes[other]), (fact[row] == fact[other]).astype(np.float32))
    np.subtract.at(whole, (row, codes[other]), 1)
    found = np.log((same + _PRIOR * np.maximum(usual, _LEAST)[fact][:, None]) / (whole + _PRIOR))
    found[fact < 0] = 0
    return np.asarray(found, np.float32)


def _within(groups: NDArray[np.intp], known: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each known work with each known one of its group, itself too."""
    members: dict[int, list[int]] = {}
    for row in known.tolist():
        members.setdefault(int(groups[row]), []).append(row)
    pairs = [(row, other) for row in known.tolist() for other in members[int(groups[row])]]
    both = np.array(pairs, np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _log(probabilities: Probabilities) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), _LEAST))
