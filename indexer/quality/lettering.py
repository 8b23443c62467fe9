"""Where a line of letters may stand: many strokes in a narrow band, with calm above and below it."""

import numpy as np
from numpy.typing import NDArray

from indexer.cropping import Box
from indexer.quality.edges import Grey

NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)

_STRIPS = 24
# A stroke is a step between neighbours of so many levels; of a line's places so many are strokes, of the calm few.
_STROKE, _DENSE, _CALM = 24, 0.14, 0.035
_SHORTEST, _TALLEST, _MARGIN = 4, 0.12, 2


def lettering(grey: Grey) -> tuple[Box, float]:
    """Return the longest line that may be letters, and its length as a share of the width; or `NOWHERE` and 0.

    The picture is cut into upright strips. In each, rows with many steps between neighbours make a band when there
    are few in the rows above and below; bands at one height in strips side by side make a line. Letters on a busy
    ground are not found, and signatures are.
    """
    strokes = np.abs(np.diff(grey, axis=1)) > _STROKE
    wide = strokes.shape[1] // _STRIPS
    if wide < 4:
        return NOWHERE, 0.0
    strips = np.add.reduceat(strokes[:, : wide * _STRIPS], np.arange(0, wide * _STRIPS, wide), axis=1, dtype=np.uint16)
    longest: tuple[int, int, int, int] = (0, 0, 0, 0)
    running: list[tuple[int, int, int]] = []
    for strip, bands in enumerate(_bands(strips.T.astype(np.float32, order="C") / wide)):
        following = []
        for top, bottom in bands:
            begun = next((start for start, high, low in running if _same(high, low, top, bottom)), strip)
            following.append((begun, top, bottom))
            if strip + 1 - begun > longest[1] - longest[0]:
                longest = (begun, strip + 1, top, bottom)
        running = following
    start, end, top, bottom = longest
    height, width = grey.shape
    box = (start * wide / width, top / height, end * wide / width, bottom / height)
    return box, (end - start) * wide / width


def _bands(strips: NDArray[np.float32]) -> list[list[tuple[int, int]]]:
    """Return for each strip, a row of the array, where bands of strokes begin and end that have calm on both sides."""
    # A calm place between strips, so that all can be looked at as one row.
    rows = np.pad(strips, ((0, 0), (1, _MARGIN + 1))).ravel()
    loud = rows > _DENSE / 2
    turns = np.flatnonzero(loud[1:] != loud[:-1]) + 1
    tops, bottoms = turns[::2], turns[1::2]
    sums = np.concatenate(([0.0], rows.cumsum(dtype=np.float64)))
    heights = bottoms - tops
    tallest = max(_SHORTEST, int(_TALLEST * strips.shape[1]))
    fit = (heights >= _SHORTEST) & (heights <= tallest) & (sums[bottoms] - sums[tops] >= _DENSE * heights)
    found: list[list[tuple[int, int]]] = [[] for _ in strips]
    length = strips.shape[1] + _MARGIN + 2
    for top, bottom in zip(tops[fit].tolist(), bottoms[fit].tolist(), strict=True):
        # The rows right beside a band are its own blurred edge.
        beside = (*rows[max(0, top - 1 - _MARGIN) : max(0, top - 1)], *rows[bottom + 1 : bottom + 1 + _MARGIN])
        if max(beside, default=0.0) <= _CALM:
            strip, first = divmod(top, length)
            found[strip].append((first - 1, first - 1 + bottom - top))
    return found


def _same(high: int, low: int, top: int, bottom: int) -> bool:
    shared = min(low, bottom) - max(high, top)
    return shared >= 0.6 * max(low - high, bottom - top)
