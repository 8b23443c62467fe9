"""Why two works are alike: which places of one look most like places of the other, and where they lie."""

from dataclasses import dataclass

import numpy as np

from indexer.lenses.features import Features
from indexer.lenses.statistics import Statistics
from indexer.preprocess import SIDE

PAIRS = 5


@dataclass(frozen=True, slots=True)
class Match:
    """A place of one work and the place of the other that looks most like it, as row and column of the map.

    The map has `side` rows and as many columns.
    """

    ours: tuple[int, int]
    theirs: tuple[int, int]
    cosine: float
    side: int

    def beside(self, other: "Match") -> bool:
        """Tell whether both its places touch those of another."""
        cells = (*zip(self.ours, other.ours, strict=True), *zip(self.theirs, other.theirs, strict=True))
        return all(abs(one - another) <= 1 for one, another in cells)


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle on a picture, in shares of its width and height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle, from the left and from the top."""
        return self.left + self.width / 2, self.top + self.height / 2


def place_of(cell: tuple[int, int], side: int, first: float) -> Place:
    """Return where on a picture a cell (row, column) of the map lies.

    `first` is where the middle of the first cell lies in the network's input, as a `Backbone` tells; cells at its edge
    are moved in. A cell knows of more than lies in it, as far as the network looks around, but of this the most.
    """
    size = 1 / side
    top, left = (min(max(first / SIDE + size * (at - 0.5), 0.0), 1 - size) for at in cell)
    return Place(left, top, size, size)


def best_matches(ours: Features, theirs: Features, statistics: Statistics, count: int = PAIRS) -> list[Match]:
    """Return the best pairs of places, best first; each is the other's best, and no place is in two pairs.

    Places are compared after what all places share is taken away. Mutual best matches are what is left of
    chance likenesses with a place that is a little like everything. A pair that lies beside a better one in both
    works tells the same once more, and is left out.
    """
    cosines = _cells(ours, statistics) @ _cells(theirs, statistics).T
    nearest = cosines.argmax(axis=1)
    mutual = np.flatnonzero(cosines.argmax(axis=0)[nearest] == np.arange(len(cosines)))
    likeness = cosines[mutual, nearest[mutual]]
    side = round(len(cosines) ** 0.5)
    found: list[Match] = []
    for at in np.argsort(-likeness, kind="stable"):
        row, column, cosine = int(mutual[at]), int(nearest[mutual[at]]), float(likeness[at])
        match = Match(divmod(row, side), divmod(column, side), cosine, side)
        if cosine > 0 and not any(match.beside(better) for better in found):
            found.append(match)
        if len(found) == count:
            break
    return found


def _cells(work: Features, statistics: Statistics) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return statistics.cells.project(work.cells * np.float32(work.scale))
