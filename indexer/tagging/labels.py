"""What is known of works for learning: which classes each has, and which works are the same picture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import Vector

SAME = 0.95
"""Cosine from which two works count as one picture: on different sides of a fold they would test by heart."""

_AT_ONCE = 1_000

Truth = NDArray[np.float32]
"""n x k: 1 where a work has a class, 0 where it has not, NaN where nobody knows."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Works with what is known of them, `truth` n x k in the order of `works` and `classes`."""

    works: tuple[str, ...]
    classes: tuple[str, ...]
    exclusive: bool
    truth: Truth

    def only(self, classes: Sequence[str]) -> "Labels":
        """Return the same with these classes alone, and without works of which nothing is then known."""
        columns = [self.classes.index(name) for name in classes]
        truth = self.truth[:, columns]
        kept = np.asarray((truth == 1).any(1) if self.exclusive else ~np.isnan(truth).all(1))
        works = tuple(work for work, keep in zip(self.works, kept, strict=True) if keep)
        return Labels(works, tuple(classes), self.exclusive, truth[kept])

    def examples(self) -> dict[str, int]:
        """Return how many works have each class."""
        return {name: int(np.nansum(self.truth[:, at])) for at, name in enumerate(self.classes)}


def labels_of(said: Mapping[str, Mapping[str, bool]], classes: Sequence[str], exclusive: bool) -> Labels:
    """Return the labels of works (id -> class -> whether it is one).

    Where classes are not exclusive, a work that has any is taken not to have those nobody named: who labels a
    portrait does not say of fifty other things that it shows none.
    """
    place = {name: column for column, name in enumerate(classes)}
    truth = np.full((len(said), len(classes)), np.nan, np.float32)
    for row, verdicts in enumerate(said.values()):
        for name, verdict in verdicts.items():
            if name in place:
                truth[row, place[name]] = verdict
        if (truth[row] == 1).any():
            truth[row, np.isnan(truth[row])] = 0
    return Labels(tuple(said), tuple(classes), exclusive, truth)


def groups_of(vectors: Vector, names: Sequence[tuple[str, str]]) -> NDArray[np.intp]:
    """Return a number for each work, alike for works that are the same picture or have artist and title in common."""
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(vectors), _AT_ONCE):
        alike = vectors[start : start + _AT_ONCE] @ vectors.T >= SAME
        pairs += [(start + int(row), int(other)) for row, other in np.argwhere(np.triu(alike, start + 1))]
    return joined(names, pairs)


def joined(names: Sequence[tuple[str, str]], pairs: Iterable[tuple[int, int]]) -> NDArray[np.intp]:
    """Return a number for each work, alike for those that pairs join or that have artist and title in common."""
    parent = list(range(len(names)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[tuple[str, str], int] = {}
    for row, (artist, title) in enumerate(names):
        key = (artist.casefold(), " ".join(title.casefold().split()))
        parent[root(row)] = root(first.setdefault(key, row))
    for one, other in pairs:
        parent[root(other)] = root(one)
    return np.array([root(row) for row in range(len(names))], np.intp)
