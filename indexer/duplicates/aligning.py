"""Whether one picture shows what another does, or a part of it: the two laid over each other as well as they fit.

A part of a picture is looked for in windows of many places and sizes, as a mean of 10 x 10 cells each, in all eight
ways it can be turned and mirrored; where it fits best, it is fitted more finely. What is compared is not light but
detail: greys less the mean around them, over their deviation there. Works that are merely composed alike then differ.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import ceil, exp, log

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.hashes import WAYS, turn
from indexer.duplicates.sketch import SIDE, View

Values = NDArray[np.float32]
Window = tuple[float, float, float, float]

PROMISING = 0.6
"""A coarse fit below which nothing is fitted finely. Measured: 1 in 100 parts of 70 % fits worse, 9 in 10 of the
pairs that are only much alike do."""

_COARSE, _FINE = 10, 24
_SHARES = tuple(0.92**step for step in range(9))
_STEP, _RATIO_STEP = 0.07, 0.06
_LIGHT = 6.0
_NUDGES = np.array(list(product((-1, 0, 1), repeat=3)))


@dataclass(frozen=True, slots=True)
class Fit:
    """How well two pictures fit, up to 1: `window` of the `within` one (0 or 1) shows the other, turned by `way`.

    A window is left, top, width and height in shares of the view that it lies in.
    """

    score: float
    way: int
    within: int
    window: Window


class Layer:
    """A view made ready to be laid over others."""

    def __init__(self, view: View) -> None:
        self.shape = view.shape
        self.detail = _detail(view.greys)
        cells = _means(_COARSE, np.zeros(1), np.ones(1))[0]
        small = _unit((cells @ self.detail @ cells.T)[None])[0]
        self.turned = np.stack([turn(small, way).ravel() for way in range(WAYS)])


def best_fit(one: list[Layer], other: list[Layer], *, quarters: bool = True) -> Fit:
    """Return how two pictures fit best, any view of one over any of the other; 0 where none promises anything.

    Without `quarters`, only as they are, upside down or mirrored, which takes half the time.
    """
    coarse = [
        found
        for mine, its in product(one, other)
        for within, (whole, part) in enumerate(((mine, its), (its, mine)))
        if (found := _coarse(whole, part, within, quarters)) is not None
    ]
    coarse.sort(key=lambda found: -found[0].score)
    fits = [_fine(*found) for found in coarse[:2] if found[0].score >= PROMISING]
    return max(fits, key=lambda fit: fit.score, default=Fit(0.0, 0, 0, (0.0, 0.0, 1.0, 1.0)))


def _coarse(whole: Layer, part: Layer, within: int, quarters: bool) -> tuple[Fit, Layer, Layer] | None:
    best: Fit | None = None
    for quarter in (0, 1) if quarters else (0,):
        ratio = (1 / part.shape if quarter else part.shape) / whole.shape
        if not 0.4 < ratio < 2.5:
            continue
        windows = _windows(round(log(ratio) / _RATIO_STEP))
        ways = [way for way in range(WAYS) if way // 2 % 2 == quarter]
        fits = windows.of(whole.detail) @ part.turned[ways].T
        place, way = np.unravel_index(int(fits.argmax()), fits.shape)
        if best is None or fits[place, way] > best.score:
            best = Fit(float(fits[place, way]), ways[int(way)], within, windows.boxes[int(place)])
    return None if best is None else (best, whole, part)


def _fine(coarse: Fit, whole: Layer, part: Layer) -> Fit:
    """Move and scale the window as long as that fits better, by smaller and smaller steps."""
    target = _cells(turn(part.detail, coarse.way), np.array([[0.0, 0, 1, 1]]))[0]
    window, best, step = np.array(coarse.window), -1.0, 0.04
    while step > 0.008:
        sides = window[2:] * (1 + step * _NUDGES[:, 2:])
        corners = window[:2] + window[2:] / 2 + step / 2 * _NUDGES[:, :2] - sides / 2
        windows = np.concatenate([corners, sides], axis=1)
        fits = _cells(whole.detail, windows) @ target
        place = int(fits.argmax())
        if fits[place] > best + 1e-4:
            best, window = float(fits[place]), windows[place]
        else:
            step /= 2
    left, top, width, height = (float(value) for value in window)
    return Fit(best, coarse.way, coarse.within, (left, top, width, height))


class _Windows:
    """The windows of a picture that a part of a given shape could fill, size by size."""

    def __init__(self, ratio: float) -> None:
        self.boxes: list[Window] = []
        self._sizes: list[tuple[Values, Values]] = []
        for share in _SHARES:
            width, height = share * min(1.0, ratio), share * min(1.0, 1 / ratio)
            lefts, tops = _places(width), _places(height)
            self.boxes += [(left, top, width, height) for top in tops for left in lefts]
            down, across = (
                _means(_COARSE, np.array(places), np.full(len(places), length)).reshape(-1, SIDE)
                for places, length in ((tops, height), (lefts, width))
            )
            self._sizes.append((down, across.T.copy()))

    def of(self, detail: Values) -> Values:
        """Return the cells of all windows, one a row, of mean 0 and length 1."""
        rows = []
        for down, across in self._sizes:
            cells = (down @ detail @ across).reshape(len(down) // _COARSE, _COARSE, -1, _COARSE)
            rows.append(cells.transpose(0, 2, 1, 3).reshape(-1, _COARSE * _COARSE))
        return _unit(np.concatenate(rows))


@lru_cache(maxsize=64)
def _windows(step: int) -> _Windows:
    return _Windows(exp(step * _RATIO_STEP))


def _places(length: float) -> list[float]:
    return [float(place) for place in np.linspace(0, 1 - length, 1 + ceil((1 - length - 1e-9) / _STEP))]


def _means(cells: int, starts: NDArray[np.float64], lengths: NDArray[np.float64]) -> Values:
    """Return matrices (n x cells x SIDE) that take the mean of each cell of n stretches (shares of a side)."""
    edges = np.clip((starts[:, None] + lengths[:, None] * np.arange(cells + 1) / cells) * SIDE, 0, SIDE)[:, :, None]
    pixels = np.arange(SIDE)
    overlap = np.minimum(edges[:, 1:], pixels + 1) - np.maximum(edges[:, :-1], pixels)
    return np.asarray(np.maximum(overlap, 0) / (lengths * SIDE / cells)[:, None, None], np.float32)


def _cells(detail: Values, windows: NDArray[np.float64]) -> Values:
    """Return the fine cells of some windows, one a row, of mean 0 and length 1."""
    lefts, tops, widths, heights = windows.T
    cells = _means(_FINE, tops, heights) @ detail @ _means(_FINE, lefts, widths).transpose(0, 2, 1)
    return _unit(cells.reshape(len(windows), -1).astype(np.float32))


def _unit(rows: Values) -> Values:
    axes = tuple(range(1, rows.ndim))
    rows = rows - rows.mean(axis=axes, keepdims=True)
    return np.asarray(rows / (np.sqrt((rows * rows).sum(axis=axes, keepdims=True)) + 1e-6), np.float32)


def _detail(greys: NDArray[np.uint8]) -> Values:
    values = greys.astype(np.float32)
    mean = _around(values)
    deviation = np.sqrt(np.maximum(_around(values * values) - mean * mean, 0))
    return np.asarray((values - mean) / (deviation + _LIGHT), np.float32)


def _around(values: Values) -> Values:
    """Return the mean of the square around each pixel, a fifth of the picture to each side."""
    radius = SIDE // 5
    size = 2 * radius + 1
    sums = np.pad(values, (radius + 1, radius), mode="edge").cumsum(0, dtype=np.float64).cumsum(1)
    total = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(total / size**2, np.float32)
