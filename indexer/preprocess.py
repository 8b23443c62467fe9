"""From an upright RGB picture to the network's input, as plain functions on Pillow images and arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

RESIZE = 256
CROP = 224

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and deviation of each channel, in levels of 0 to 255, that a network was trained with."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]

    def __str__(self) -> str:
        numbers = [",".join(f"{value:g}" for value in values) for values in (self.mean, self.deviation)]
        return f"resize {RESIZE}, crop {CROP}, mean {numbers[0]}, deviation {numbers[1]}"


def centre_box(width: int, height: int) -> tuple[float, float, float, float]:
    """Return what of a picture of this size the network sees, in its pixels: left, top, right and bottom."""
    # Multiplied first: a scale would be rounded, and make 255 of 256 for some pictures.
    size = (RESIZE, RESIZE * height // width) if width <= height else (RESIZE * width // height, RESIZE)
    left, top = (round((side - CROP) / 2) for side in size)
    across, down = width / size[0], height / size[1]
    return left * across, top * down, (left + CROP) * across, (top + CROP) * down


def centre_pixels(image: "Image") -> Pixels:
    """Return the middle of an RGB picture as 224 x 224 x 3: short side to 256, then a centre crop."""
    from PIL.Image import Resampling

    # Only the part that is kept is made; the rounding of its edges differs from resize and crop by one level at most.
    return np.asarray(image.resize((CROP, CROP), Resampling.BILINEAR, box=centre_box(*image.size)))


def normalise(pictures: Sequence[Pixels], normalisation: Normalisation) -> NDArray[np.float32]:
    """Return n pictures of 224 x 224 x 3 as one n x 3 x 224 x 224 array, normalised channel by channel.

    The memory stays in the pictures' order (channels last), which is what the network likes best.
    """
    # A whole row of numbers at a time: three at a time, numpy would take four times as long.
    deviation = np.asarray(normalisation.deviation)
    scale = np.tile(1 / deviation, CROP).astype(np.float32)
    shift = np.tile(np.asarray(normalisation.mean) / deviation, CROP).astype(np.float32)
    rows = np.stack(pictures).reshape(-1, CROP, 3 * CROP) * scale
    rows -= shift
    return rows.reshape(-1, CROP, CROP, 3).transpose(0, 3, 1, 2)
