"""Where the picture proper begins: borders of one colour and frames around it, as shares of width and height."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.cropping import WHOLE, Box

Grey = NDArray[np.int16]

_DEEPEST_BORDER, _DEEPEST_FRAME, _THINNEST_FRAME = 0.4, 0.28, 0.02
# A frame's deepest side is at most so many times its thinnest.
_ALIKE = 2.2
# Levels that a compressed border of one colour strays from it, and by which a picture beside it must differ.
_STRAY, _BEYOND, _STRAYS = 10, 20, 0.02
_STEP = 7
_BEHIND = 3


def border(grey: Grey) -> tuple[Box, float]:
    """Return the part within a border of one colour, and how sharply it ends, 0 to 1.

    From each side, rows count as border while they keep to the colour of the outermost one; the share of places at
    which the picture just behind is another colour is how sharp its end is. A blank ground fades into what is drawn
    on it, a border ends along a line. The answer is of the least sharp side that has one.
    """
    found, sharpness = [], []
    for rows in _sides(grey):
        depth, sharp = _border_of(rows)
        found.append(depth / len(rows))
        sharpness += [sharp] if depth else []
    return _within(found), min(sharpness, default=0.0)


def _border_of(rows: Grey) -> tuple[int, float]:
    deepest = int(_DEEPEST_BORDER * len(rows))
    colour = np.int16(np.median(rows[0]))
    away = np.abs(rows[: deepest + _BEHIND + 1] - colour)
    strays = (away > _STRAY).sum(axis=1) > _STRAYS * rows.shape[1]
    depth = int(strays.argmax()) if strays.any() else len(strays)
    if depth < max(2, len(rows) // 100) or depth > deepest:
        return 0, 0.0
    behind = away[min(depth + _BEHIND, len(away) - 1)]
    return depth + 1, float((behind > _BEYOND).mean())


def frame(grey: Grey) -> tuple[Box, float, int]:
    """Return the part within a frame, how far an edge runs along its weakest side, 0 to 1, and how unlike both are.

    Along a frame's inner edge nearly all places become lighter, or all darker, on one line; on painted lines few do.
    All four sides must have such a line at depths that are alike. A line printed around a drawing is no frame: there
    is the same paper within and without, which differ by few levels in the mean.
    """
    thinnest = max(3, int(_THINNEST_FRAME * min(grey.shape)))
    depths, runs = zip(*(_inner_edge(rows, thinnest) for rows in _sides(grey)), strict=True)
    if not all(depths) or max(depths) > _ALIKE * min(depths):
        return WHOLE, 0.0, 0
    top, bottom, left, right = depths
    height, width = grey.shape
    inside = grey[top : height - bottom, left : width - right]
    around = grey.sum(dtype=np.int64) - inside.sum(dtype=np.int64)
    unlike = abs(around / max(1, grey.size - inside.size) - inside.mean())
    return _within((top / height, bottom / height, left / width, right / width)), min(runs), round(unlike)


def _inner_edge(rows: Grey, thinnest: int) -> tuple[int, float]:
    """Return how deep within a side its straightest line lies, 0 where none has room, and how far it runs, 0 to 1."""
    deepest = int(_DEEPEST_FRAME * len(rows))
    if deepest <= thinnest + 2:
        return 0, 0.0
    middle = rows[: deepest + 2, rows.shape[1] // 6 : -rows.shape[1] // 6 or None]
    change = middle[2:] - middle[:-2]
    run = np.maximum((change > _STEP).sum(axis=1), (change < -_STEP).sum(axis=1)) / middle.shape[1]
    run[:thinnest] = 0.0
    # The innermost of the lines that are nearly the straightest: mouldings have several.
    best = int(np.flatnonzero(run >= 0.95 * run.max())[-1])
    return best + 2, float(run[best])


def _sides(grey: Grey) -> Sequence[Grey]:
    """Return the picture four times, so that its top, bottom, left and right come first."""
    turned = np.ascontiguousarray(grey.T)
    return grey, grey[::-1], turned, turned[::-1]


def _within(depths: Sequence[float]) -> Box:
    top, bottom, left, right = depths
    return left, top, 1.0 - right, 1.0 - bottom
