"""A new layout turned so that it lies as the one before did."""

import numpy as np

from indexer.atlas.model import Points

_FEWEST = 3


def turned(points: Points, before: Points) -> Points:
    """Return points moved, turned, mirrored and scaled so that those that were there before are nearest to that.

    `before` has a row for each point, NaN for what is new. This is the orthogonal Procrustes problem (Schönemann,
    Psychometrika 31, 1966); with fewer than three known points nothing is changed.
    """
    known = ~np.isnan(before).any(1)
    if known.sum() < _FEWEST:
        return points
    ours, theirs = points[known], before[known]
    from_, to = ours.mean(0), theirs.mean(0)
    left, sizes, right = np.linalg.svd((ours - from_).T @ (theirs - to))
    length = float(((ours - from_) ** 2).sum())
    if length <= 0 or sizes.sum() <= 0:
        return points
    moved: Points = (points - from_) @ (left @ right) * (sizes.sum() / length) + to
    return moved
