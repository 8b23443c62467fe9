"""The nearest works of each work by vector, for a whole collection, without comparing each with each.

Vectors are cut to their first principal components and sorted into cells of about 250 works; a work is compared with
those of the cells nearest to it only (an inverted file, as in Sivic and Zisserman, "Video Google", ICCV 2003). The
number of cells grows with the collection, so that the work for each vector stays the same.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from indexer.likeness import unit_rows
from indexer.projector.pca import Components, components
from indexer.store.model import Vector

_WIDTH = 256
_SAMPLE = 4096
_IN_A_CELL, _PROBED = 250, 12
_AT_ONCE = 8192

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def nearest_pairs(
    blocks: Callable[[], Iterator[Vector]], count: int, *, most: int = 4, least: float = 0.75, seed: int = 0
) -> Pairs:
    """Return which works are among the `most` nearest of one another at a cosine of `least` or more.

    `blocks` yields all `count` vectors (unit length) in order, each time it is called. What comes back are the places
    of one and the other, the first the smaller, each pair once, and their cosines, which are a hundredth off at most.
    """
    if count < 2:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0, np.float32)
    reduced = _reduced(blocks, count)
    random = np.random.default_rng(seed)
    centres = reduced[random.choice(count, max(1, count // _IN_A_CELL), replace=False)]
    probed = _nearest_cells(reduced, centres, min(_PROBED, len(centres)))
    found, scores = _search(reduced, probed, len(centres), most)
    place, rank = np.nonzero(scores >= least)
    other = found[place, rank]
    pairs = np.stack([np.minimum(place, other), np.maximum(place, other)], axis=1)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    return pairs[:, 0], pairs[:, 1], scores[place, rank][first]


def _reduced(blocks: Callable[[], Iterator[Vector]], count: int) -> Vector:
    share = max(1, count // _SAMPLE)
    basis: Components = components((block[::share] for block in blocks()), _WIDTH)
    reduced = np.concatenate([basis(block) for block in blocks()])
    return np.asarray(unit_rows(reduced), np.float32)


def _nearest_cells(reduced: Vector, centres: Vector, probed: int) -> NDArray[np.int64]:
    """Return the cells nearest to each work, the nearest first."""
    found = []
    for start in range(0, len(reduced), _AT_ONCE):
        alike = reduced[start : start + _AT_ONCE] @ centres.T
        some = np.argpartition(-alike, probed - 1, axis=1)[:, :probed]
        order = np.argsort(-np.take_along_axis(alike, some, axis=1), axis=1)
        found.append(np.take_along_axis(some, order, axis=1))
    return np.concatenate(found)


def _search(reduced: Vector, probed: NDArray[np.int64], cells: int, most: int) -> tuple[NDArray[np.int64], Vector]:
    found = np.full((len(reduced), most), -1, np.int64)
    scores = np.full((len(reduced), most), -2.0, np.float32)
    asking = np.argsort(probed.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(probed.ravel(), minlength=cells))
    lying = np.argsort(probed[:, 0], kind="stable")
    last = np.cumsum(np.bincount(probed[:, 0], minlength=cells))
    for cell in range(cells):
        askers = asking[ends[cell - 1] if cell else 0 : ends[cell]] // probed.shape[1]
        members = lying[last[cell - 1] if cell else 0 : last[cell]]
        if not len(members):
            continue
        alike = reduced[askers] @ reduced[members].T
        alike[askers[:, None] == members] = -2
        both = np.concatenate([scores[askers], alike], axis=1)
        best = np.argpartition(-both, most - 1, axis=1)[:, :most]
        names = np.concatenate([found[askers], np.broadcast_to(members, alike.shape)], axis=1)
        scores[askers] = np.take_along_axis(both, best, axis=1)
        found[askers] = np.take_along_axis(names, best, axis=1)
    return found, scores
