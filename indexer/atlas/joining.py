"""New works on a map that is there: each beside those it is most like, at once and without a new layout."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from indexer.atlas.grid import Board, NoRoom
from indexer.atlas.model import Atlas

BESIDE = 5
"""So many of a work's nearest neighbours say where it belongs."""

Neighbours = Callable[[str], Sequence[tuple[str, float]]]
"""Gives the neighbours of a work, by its sha256, with their cosines, nearest first."""


def join(atlas: Atlas, new: Sequence[str], neighbours: Neighbours) -> tuple[Atlas, list[str]]:
    """Return the map with new works, by their sha256, and those for which there was no room or no neighbour.

    A work comes to the middle of its neighbours, weighted by how much nearer they are than the last of them. Those
    that have none on the map yet are tried again after the others.
    """
    places: dict[str, np.ndarray] = dict(zip(atlas.hashes, atlas.points, strict=True))
    board = Board(atlas.side, atlas.cells)
    joined: dict[str, tuple[Sequence[int], np.ndarray]] = {}
    waiting, left = list(new), list[str]()
    for _ in range(2):
        again = []
        for sha256 in waiting:
            point = _middle(neighbours(sha256), places)
            if point is None:
                again.append(sha256)
                continue
            try:
                joined[sha256] = board.take(point), point
            except NoRoom:
                left.append(sha256)
                continue
            places[sha256] = point
        waiting = again
    if joined:
        cells = np.array([cell for cell, _ in joined.values()], np.int64)
        atlas = atlas.joined(list(joined), cells, np.array([point for _, point in joined.values()]))
    return atlas, left + waiting


def _middle(found: Sequence[tuple[str, float]], places: Mapping[str, np.ndarray]) -> np.ndarray | None:
    near = [(places[sha256], score) for sha256, score in found if sha256 in places][:BESIDE]
    if not near:
        return None
    least = min(score for _, score in near)
    weights = np.array([score - least + 0.01 for _, score in near])
    middle: np.ndarray = weights @ np.array([point for point, _ in near]) / weights.sum()
    return middle
