"""Where each work hangs on the map."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import artwork_id

Points = NDArray[np.float64]
Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Atlas:
    """A square grid of `side` cells each way and the cell of every work, one work in a cell at most.

    `cells` are n x 2, column and row from the upper left; `points` n x 2 are the places in the layout that they came
    from, 0 to 1 each way; `laid_out` counts the works that were there when it was made, from `seed`.
    """

    side: int
    hashes: tuple[str, ...]
    cells: Cells
    points: Points
    laid_out: int
    seed: int = 0

    @property
    def depth(self) -> int:
        """The zoom at which a cell is a whole tile; at 0 the whole map is within one."""
        return ceil(log2(self.side)) if self.side > 1 else 0

    @property
    def ids(self) -> list[str]:
        """The ids of the works, in order."""
        return [artwork_id(sha256) for sha256 in self.hashes]

    def only(self, rows: Sequence[int]) -> "Atlas":
        """Return the same with some of the works, by their place in the order."""
        at = np.asarray(rows, dtype=np.int64)
        hashes = tuple(self.hashes[row] for row in at)
        return Atlas(self.side, hashes, self.cells[at], self.points[at], self.laid_out, self.seed)

    def without(self, gone: Collection[str]) -> "Atlas":
        """Return the same without some works, by their sha256."""
        left = set(gone)
        return self.only([row for row, sha256 in enumerate(self.hashes) if sha256 not in left])

    def joined(self, hashes: Sequence[str], cells: Cells, points: Points) -> "Atlas":
        """Return the same with more works."""
        return Atlas(
            self.side,
            (*self.hashes, *hashes),
            np.concatenate([self.cells, cells]),
            np.concatenate([self.points, points]),
            self.laid_out,
            self.seed,
        )
