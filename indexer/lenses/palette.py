"""A picture's colours as a histogram over Lab, where equal distances look equal."""

from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from indexer.preprocess import Pixels
from indexer.store.model import Vector

LIGHT, COLOUR = 6, 8
"""Bins of lightness, and of each of the two colour axes."""

WIDTH = LIGHT * COLOUR * COLOUR

# Beyond 60 there is next to nothing in pictures: it falls into the outermost bins.
_FARTHEST = 60.0
_LEVELS = 16
_COLOURS = _LEVELS**3
# From linear sRGB to XYZ, where D65's white is 1, 1, 1.
_TO_XYZ_WHITE = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
) / np.array([[0.95047], [1.0], [1.08883]])
# Every second pixel each way says the same of the whole.
_STEP = 2


def palettes_of(pictures: Sequence[Pixels]) -> Vector:
    """Return, for each of n pictures in sRGB, the square root of the share of each Lab bin: rows of unit length.

    The cosine of two such vectors is the Bhattacharyya coefficient of their histograms. A colour counts
    for its eight nearest bins, so that a shade's difference moves nothing from one bin to the next at a blow.
    """
    bins, weights = _bins()
    # All at once: threads that run the network wait for each call of numpy's that takes the interpreter's lock.
    levels = np.stack([picture[::_STEP, ::_STEP] for picture in pictures]).reshape(len(pictures), -1, 3) >> 4
    colours = np.arange(len(pictures))[:, None] * _COLOURS + (levels[..., 0].astype(np.int64) << 8)
    colours += (levels[..., 1] << 4) + levels[..., 2]
    counts = np.bincount(colours.ravel(), minlength=len(pictures) * _COLOURS)
    there = np.flatnonzero(counts)
    row, colour = np.divmod(there, _COLOURS)
    into = bins[colour] + row[:, None] * WIDTH
    shares = np.bincount(into.ravel(), (weights[colour] * counts[there, None]).ravel(), len(pictures) * WIDTH)
    shares = shares.reshape(len(pictures), WIDTH)
    return cast(Vector, np.sqrt(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32))


@cache
def _bins() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return, for each of 16 x 16 x 16 colours, eight bins and how much of the colour falls into each."""
    levels = (np.arange(_LEVELS) + 0.5) * 256 / _LEVELS
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = to_lab(colours)
    places = np.empty_like(lab)
    places[:, 0] = np.clip(lab[:, 0] / 100 * LIGHT - 0.5, 0, LIGHT - 1)
    places[:, 1:] = np.clip((lab[:, 1:] / _FARTHEST + 1) / 2 * COLOUR - 0.5, 0, COLOUR - 1)
    low = np.floor(places).astype(np.int64)
    bins, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        light, green_red, blue_yellow = np.minimum(low + corner, [LIGHT - 1, COLOUR - 1, COLOUR - 1]).T
        bins.append((light * COLOUR + green_red) * COLOUR + blue_yellow)
        weights.append(np.where(corner, places - low, 1 - (places - low)).prod(axis=1))
    return np.stack(bins, axis=1), np.stack(weights, axis=1)


def to_lab(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return n sRGB colours (0 to 255) in CIE Lab under D65, by the formulas of IEC 61966-2-1 and CIE 15."""
    plain = colours / 255
    linear = np.where(plain <= 0.04045, plain / 12.92, ((plain + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ_WHITE.T
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@cache
def lab_of_bins() -> NDArray[np.float64]:
    """Return the middle of each bin in Lab, `WIDTH` x 3; a palette's mean of them is the mean of its colours."""
    light, green_red, blue_yellow = np.indices((LIGHT, COLOUR, COLOUR)).reshape(3, -1) + 0.5
    axes = [(2 * place / COLOUR - 1) * _FARTHEST for place in (green_red, blue_yellow)]
    return np.stack([light / LIGHT * 100, *axes], axis=1)


def to_rgb(lab: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return n colours in CIE Lab as sRGB (0 to 255), the nearest each channel can be: the way back of `to_lab`."""
    level = (lab[:, 0] + 16) / 116
    roots = np.stack([level + lab[:, 1] / 500, level, level - lab[:, 2] / 200], axis=1)
    xyz = np.where(roots > 6 / 29, roots**3, (roots - 4 / 29) * 3 * (6 / 29) ** 2)
    linear = np.clip(xyz @ np.linalg.inv(_TO_XYZ_WHITE).T, 0, 1)
    plain = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return cast(NDArray[np.int64], np.rint(plain * 255).astype(np.int64))
