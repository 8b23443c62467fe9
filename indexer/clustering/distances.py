"""Cosine distances in float32, in blocks whose memory is bounded."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.clustering.model import Nearest, Rows, Vectors
from indexer.clustering.watch import SILENT, Watch
from indexer.errors import UnusableVector

_BLOCK = 1000
_CELLS = 4_000_000
"""How many numbers a block may have: 16 MB in float32."""

# Rounding alone puts equal vectors up to some 1e-7 apart. Nearer than this is the same place, so that
# copies of a picture tie exactly wherever they are met.
_SAME = np.float32(1e-6)


def unit_rows(vectors: Vectors, names: Sequence[str] | None = None) -> Vectors:
    """Return the rows (n x width) at length 1, without a copy if they are already.

    Raises `UnusableVector` for a row of zeros, NaN or infinity, called by its name if there are any.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    if len(bad := np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))):
        row = int(bad[0])
        problem = "has only zeros" if lengths[row] == 0 else "has numbers that are not finite"
        raise UnusableVector(names[row] if names else f"row {row}", problem)
    if np.abs(lengths - 1).max(initial=0) < 1e-4:
        return rows
    unit: Vectors = rows / lengths[:, None]
    return unit


def canonical_order(rows: Vectors) -> Rows:
    """Return an order of the rows that follows from their contents alone, not from how they came.

    Searches start from it, so that the same artworks make the same clusters in whatever order a store
    gives them. Equal rows keep their order, which is harmless: they are interchangeable.
    """
    if not rows.size:
        return np.arange(len(rows))
    whole = np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))
    return np.argsort(rows.view(whole)[:, 0], kind="stable")


def distance_matrix(unit: Vectors, watch: Watch = SILENT) -> NDArray[np.float32]:
    """Return all distances between unit rows, n x n and exactly symmetric; takes 4 n^2 bytes."""
    count = len(unit)
    matrix = np.empty((count, count), np.float32)
    for start in range(0, count, _BLOCK):
        watch.step("measuring distances", (start / count) ** 2)
        stop = min(start + _BLOCK, count)
        block = unit[start:stop]
        matrix[start:stop, :start] = block @ unit[:start].T
        matrix[start:stop, start:stop] = block @ block.T
        _to_distances(matrix[start:stop, :stop])
        matrix[:start, start:stop] = matrix[start:stop, :start].T
    np.fill_diagonal(matrix, 0)
    return matrix


def cosine_distances(unit: Vectors, others: Vectors) -> NDArray[np.float32]:
    """Return the distances of unit rows to other unit rows, n x m."""
    return _to_distances(unit @ others.T)


def nearest_medoids(unit: Vectors, medoids: Vectors) -> Nearest:
    """Return the nearest and second nearest of k medoids (k x width) for unit rows (n x width).

    Ties go to the medoid that comes first.
    """
    count, k = len(unit), len(medoids)
    found = Nearest(
        np.zeros(count, np.intp),
        np.zeros(count, np.float32),
        np.full(count, -1, np.intp),
        np.full(count, np.inf, np.float32),
    )
    block = max(1, _CELLS // max(1, k))
    for start in range(0, count, block):
        part = slice(start, min(start + block, count))
        distances = cosine_distances(unit[part], medoids)
        found.labels[part], found.distances[part] = _take_least(distances)
        if k > 1:
            found.second[part], found.second_distances[part] = _take_least(distances)
    return found


def most_central(unit: Vectors) -> int:
    """Return which of some unit rows has the least sum of distances to the others.

    The sum for x is n - x . (sum of the rows), so for cosine this takes no n x n matrix.
    """
    return int((unit @ unit.sum(axis=0, dtype=np.float64).astype(np.float32)).argmax())


def two_nearest(distances: NDArray[np.float32], rows: Rows, medoids: Rows) -> Nearest:
    """Return the same for some rows of a distance matrix and two medoids or more."""
    parts = []
    block = max(1, _CELLS // len(medoids))
    for start in range(0, len(rows), block):
        cells = distances[rows[start : start + block, None], medoids]
        parts.append((*_take_least(cells), *_take_least(cells)))
    if not parts:
        none = np.empty(0, np.intp)
        return Nearest(none, np.empty(0, np.float32), none, np.empty(0, np.float32))
    return Nearest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _take_least(cells: NDArray[np.float32]) -> tuple[Rows, NDArray[np.float32]]:
    """Return each row's least cell, and cross it out for the next call."""
    each = np.arange(len(cells))
    places = cells.argmin(axis=1)
    least = cells[each, places]
    cells[each, places] = np.inf
    return places, least


def _to_distances(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn cosines into distances, in place."""
    np.subtract(1, cosines, out=cosines)
    cosines[cosines < _SAME] = 0
    return cosines
