"""The layout itself: principal components, then UMAP. Only the process that lays out imports this."""

import warnings
from collections.abc import Sequence

import numpy as np

from indexer.atlas.errors import LayoutMissing
from indexer.atlas.grid import within
from indexer.atlas.model import Points
from indexer.atlas.orientation import turned
from indexer.projector.pca import components
from indexer.store.model import Vector

COMPONENTS = 50
FEW = 60
"""Up to so many works the first two components are the layout: neighbours of neighbours would be all of them."""

# Of 2,397 paintings 28 % of the ten nearest are among the ten nearest of this layout; 24 % with UMAP's own 15 and 0.1.
NEIGHBOURS, CLOSEST = 8, 0.0
_BLOCK = 1_000


def lay_out(vectors: Vector, before: Points, seed: int) -> Points:
    """Return a place in the unit square for each vector (n x 2), the same for the same input and seed.

    `before` are the places of the layout before, NaN for works that were not in it: it is begun from there, and turned
    to lie like it. Raises `LayoutMissing` when UMAP cannot be imported.
    """
    starts = range(0, len(vectors), _BLOCK)
    found = components((vectors[start : start + _BLOCK] for start in starts), COMPONENTS)
    short = np.concatenate([found(vectors[start : start + _BLOCK]) for start in starts])
    if len(short) <= FEW:
        flat = short - short.mean(0)
        points = np.zeros((len(flat), 2))
        points[:, : flat.shape[1]] = flat[:, :2]
        # Components of vectors counted from the origin may lean; those of the centred ones do not.
        if flat.shape[1] > 1:
            points = flat @ np.linalg.svd(flat, full_matrices=False)[2][:2].T
    else:
        points = _umap(short, _start(before), seed)
    return within(turned(points.astype(np.float64), before))


def _start(before: Points) -> Points | None:
    """Return where to begin: a former layout, if it knew most of the works; the others somewhere in its middle."""
    known = ~np.isnan(before).any(1)
    if known.mean() < 0.5:
        return None
    begin = before.copy()
    begin[~known] = before[known].mean(0)
    return begin


def _umap(vectors: Vector, start: Points | None, seed: int) -> Points:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from umap import UMAP
    except ImportError as error:
        raise LayoutMissing(str(error)) from error
    begin: Sequence[Sequence[float]] | Vector | str = "spectral"
    if start is not None:
        # UMAP expects coordinates of about this size, and no two works in one place.
        noise = np.random.default_rng(seed).normal(scale=0.01, size=start.shape)
        begin = (start * 10 + noise).astype(np.float32)
    model = UMAP(n_neighbors=NEIGHBOURS, min_dist=CLOSEST, init=begin, random_state=seed, n_jobs=1)
    with warnings.catch_warnings():
        # It warns of what is asked for: one job where a seed is given, graphs in several parts.
        warnings.simplefilter("ignore")
        points: Points = np.asarray(model.fit_transform(vectors), dtype=np.float64)
    return points
