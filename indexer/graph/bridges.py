"""Islands of a graph, and the bridges that join them: the closest ties between their works.

Each island is stood for by some of its works, drawn evenly; Prim's algorithm (1957) joins the islands over these, with
as few bridges as will do. A few more lead from each island to those nearest to it, so that no path has to wander
through half of them.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import Vector

MOST_EACH, MOST_VECTORS = 32, 4096
SHORT_CUTS = 4

Rows = NDArray[np.intp]


def islands(count: int, heads: Rows, tails: Rows) -> Rows:
    """Return a label for each of `count` rows: the least row that ties lead to, whichever way they point."""
    labels = np.arange(count)
    while True:
        least = np.minimum(labels[heads], labels[tails])
        found = labels.copy()
        np.minimum.at(found, heads, least)
        np.minimum.at(found, tails, least)
        found = found[found]
        if np.array_equal(found, labels):
            return labels
        labels = found


def bridges(labels: Rows, vectors_of: Callable[[Sequence[int]], Vector]) -> list[tuple[int, int, float]]:
    """Return the bridges that make one of all islands: row, row of the other side, cosine; each first row is another.

    `vectors_of` gives unit vectors for rows.
    """
    names, sizes = np.unique(labels, return_counts=True)
    if len(names) < 2:
        return []
    each = max(1, min(MOST_EACH, MOST_VECTORS // len(names)))
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(sizes)
    drawn = [
        order[np.linspace(end - size, end - 1, min(each, size)).astype(np.intp)]
        for end, size in zip(ends, sizes, strict=True)
    ]
    rows = np.concatenate(drawn)
    island = np.repeat(np.arange(len(names)), [len(some) for some in drawn])
    vectors = vectors_of([int(row) for row in rows])
    needed = _joined(rows, island, vectors, int(np.argmax(sizes)))
    return needed + _short_cuts(rows, island, vectors, {row for row, _, _ in needed})


def _joined(rows: Rows, island: Rows, vectors: Vector, first: int) -> list[tuple[int, int, float]]:
    best = np.full(len(rows), -np.inf, dtype=np.float32)
    partner = np.zeros(len(rows), dtype=np.intp)
    outside = np.ones(len(rows), dtype=bool)
    found: list[tuple[int, int, float]] = []
    newest = first
    while True:
        inside = np.flatnonzero(island == newest)
        outside[inside] = False
        if not outside.any():
            return found
        cosines = vectors @ vectors[inside].T
        nearer = cosines.max(axis=1) > best
        best[nearer] = cosines.max(axis=1)[nearer]
        partner[nearer] = inside[cosines.argmax(axis=1)][nearer]
        chosen = int(np.argmax(np.where(outside, best, -np.inf)))
        found.append((int(rows[chosen]), int(rows[partner[chosen]]), float(best[chosen])))
        newest = int(island[chosen])


def _short_cuts(rows: Rows, island: Rows, vectors: Vector, taken: set[int]) -> list[tuple[int, int, float]]:
    """Return bridges from each island to the nearest others, each from a work that has none yet."""
    found = []
    for name in range(int(island[-1]) + 1):
        inside, outside = np.flatnonzero(island == name), np.flatnonzero(island != name)
        cosines = vectors[inside] @ vectors[outside].T
        nearest, best = cosines.argmax(axis=0), cosines.max(axis=0)
        reached: set[int] = set()
        for at in np.argsort(-best):
            near, other = int(rows[inside[nearest[at]]]), int(island[outside[at]])
            if len(reached) == SHORT_CUTS:
                break
            if near not in taken and other not in reached:
                reached.add(other)
                taken.add(near)
                found.append((near, int(rows[outside[at]]), float(best[at])))
    return found
