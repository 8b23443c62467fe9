"""A sketch of a picture: 48 x 48 greys of what it shows, without the borders and margins around it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 48
"""Pixels of a sketch, across and down, whatever the picture's shape."""

Greys = NDArray[np.uint8]
Box = tuple[int, int, int, int]

_ROUNDS = 3
_LEAST_BACKGROUND = 0.6
_APART = 16
_BUSY = 0.25
_GAP = 0.02
_LEAST_SIDE, _LEAST_AREA = 0.25, 0.12


@dataclass(frozen=True, slots=True)
class View:
    """A picture as a whole, or what is within one of its borders: n x n greys, and width over height."""

    greys: Greys
    shape: float


def sketch(image: Image.Image) -> list[View]:
    """Return the views of an upright picture, the whole first; one of about 240 pixels will do."""
    image = image.convert("RGB")
    boxes = [(0, 0, *image.size), *content_boxes(np.asarray(image))]
    return [View(_greys(image.crop(box)), (box[2] - box[0]) / (box[3] - box[1])) for box in dict.fromkeys(boxes)]


def content_boxes(pixels: NDArray[np.uint8]) -> list[Box]:
    """Return what is within the outermost border of a picture (height x width x 3), and within its innermost.

    Round by round, the colour that most of the outermost pixels have is taken for the background, and the longest
    run of rows and of columns that differ from it for the content. So a frame goes, and so do the bars and captions
    above and below a picture in a screenshot. A box is left, top, right and bottom.
    """
    height, width = pixels.shape[:2]
    box, found = (0, 0, width, height), []
    for _ in range(_ROUNDS):
        left, top, right, bottom = box
        inner = _within(pixels[top:bottom, left:right])
        if inner is None:
            break
        box = (left + inner[0], top + inner[1], left + inner[2], top + inner[3])
        across, down = (box[2] - box[0]) / width, (box[3] - box[1]) / height
        if min(across, down) < _LEAST_SIDE or across * down < _LEAST_AREA:
            break
        found.append(box)
    return list(dict.fromkeys([found[0], found[-1]])) if found else []


def _within(pixels: NDArray[np.uint8]) -> Box | None:
    """Return the content's box of one round, None where there is no background around anything."""
    height, width = pixels.shape[:2]
    if min(height, width) < 8:
        return None
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    words = (edge // 16) @ np.array([256, 16, 1])
    common = np.bincount(words).argmax()
    background = np.median(edge[words == common], axis=0)
    if np.mean(np.abs(edge - background).max(axis=1) <= _APART) < _LEAST_BACKGROUND:
        return None
    differs = np.abs(pixels.astype(np.int16) - background).max(axis=2) > _APART
    rows = _longest(differs.mean(axis=1) > _BUSY * differs.any(axis=0).mean(), height)
    if rows is None:
        return None
    columns = _longest(differs[rows[0] : rows[1]].mean(axis=0) > _BUSY, width)
    if columns is None or (rows == (0, height) and columns == (0, width)):
        return None
    return (columns[0], rows[0], columns[1], rows[1])


def _longest(busy: NDArray[np.bool_], length: int) -> tuple[int, int] | None:
    """Return the longest run of true values, gaps of a few pixels included."""
    at = np.flatnonzero(busy)
    if not len(at):
        return None
    breaks = np.flatnonzero(np.diff(at) > max(1, round(_GAP * length)) + 1)
    starts, ends = np.r_[at[0], at[breaks + 1]], np.r_[at[breaks], at[-1]] + 1
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


def _greys(image: Image.Image) -> Greys:
    return np.asarray(
        image.convert("L").resize(
            (SIDE, SIDE), Image.Resampling.BOX if min(image.size) > SIDE else Image.Resampling.BILINEAR
        )
    )
