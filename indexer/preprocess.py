"""From an upright RGB picture to the network's input, as plain functions on Pillow images and arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 224
"""Of the square that networks see, in pixels."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and deviation of each channel, in levels of 0 to 255, that a network was trained with."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]

    def __str__(self) -> str:
        numbers = [",".join(f"{value:g}" for value in values) for values in (self.mean, self.deviation)]
        return f"whole to {SIDE} x {SIDE}, mean {numbers[0]}, deviation {numbers[1]}"


def network_pixels(image: "Image") -> Pixels:
    """Return the whole of an RGB picture as 224 x 224 x 3, whatever its shape.

    A centre crop, as networks for photographs are used, leaves out two fifths of a painting: squeezed pictures find
    works by the same artist more often (README, Lenses).
    """
    from PIL.Image import Resampling

    return np.asarray(image.resize((SIDE, SIDE), Resampling.BILINEAR))


def normalise(pictures: Sequence[Pixels], normalisation: Normalisation) -> NDArray[np.float32]:
    """Return n pictures of 224 x 224 x 3 as one n x 3 x 224 x 224 array, normalised channel by channel.

    The memory stays in the pictures' order (channels last), which is what the network likes best.
    """
    # A whole row of numbers at a time: three at a time, numpy would take four times as long.
    deviation = np.asarray(normalisation.deviation)
    scale = np.tile(1 / deviation, SIDE).astype(np.float32)
    shift = np.tile(np.asarray(normalisation.mean) / deviation, SIDE).astype(np.float32)
    rows = np.stack(pictures).reshape(-1, SIDE, 3 * SIDE) * scale
    rows -= shift
    return rows.reshape(-1, SIDE, SIDE, 3).transpose(0, 3, 1, 2)
