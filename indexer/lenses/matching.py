"""Why two works are alike: the places of one that look most like places of the other."""

from dataclasses import dataclass

import numpy as np

from indexer.lenses.features import Features
from indexer.lenses.statistics import Statistics

PAIRS = 5


@dataclass(frozen=True, slots=True)
class Match:
    """A place of one work and the place of the other that looks most like it, as row and column of the map."""

    ours: tuple[int, int]
    theirs: tuple[int, int]
    cosine: float


def best_matches(ours: Features, theirs: Features, statistics: Statistics, count: int = PAIRS) -> list[Match]:
    """Return the best pairs of places, best first; each is the other's best, and no place is in two pairs.

    Places are compared after what all places share is taken away. Mutual best matches are what is left of
    chance likenesses with a place that is a little like everything.
    """
    cosines = _cells(ours, statistics) @ _cells(theirs, statistics).T
    columns = cosines.argmax(axis=1)
    mutual = [row for row in range(len(cosines)) if cosines[:, columns[row]].argmax() == row]
    mutual.sort(key=lambda row: -cosines[row, columns[row]])
    side = round(len(cosines) ** 0.5)
    return [
        Match(divmod(row, side), divmod(int(columns[row]), side), float(cosines[row, columns[row]]))
        for row in mutual[:count]
        if cosines[row, columns[row]] > 0
    ]


def _cells(work: Features, statistics: Statistics) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return statistics.cells.project(work.cells * np.float32(work.scale))
