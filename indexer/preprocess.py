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

# A strip is cut to this many times its short side first: resized whole, a line of 1 x 20,000 pixels would fill the
# memory, and only its middle is seen by the network anyway.
_LONGEST_STRIP = 4

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and deviation of each channel, in levels of 0 to 255, that a network was trained with."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]

    def __str__(self) -> str:
        numbers = [",".join(f"{value:g}" for value in values) for values in (self.mean, self.deviation)]
        return f"resize {RESIZE}, crop {CROP}, mean {numbers[0]}, deviation {numbers[1]}"


def centre_pixels(image: "Image") -> Pixels:
    """Return the middle of an RGB picture as 224 x 224 x 3: short side to 256, then a centre crop."""
    from PIL.Image import Resampling

    image = _without_ends(image)
    width, height = image.size
    scale = RESIZE / min(width, height)
    size = (RESIZE, int(height * scale)) if width <= height else (int(width * scale), RESIZE)
    resized = image.resize(size, Resampling.BILINEAR)
    left, top = (round((side - CROP) / 2) for side in size)
    return np.asarray(resized.crop((left, top, left + CROP, top + CROP)))


def _without_ends(image: "Image") -> "Image":
    width, height = image.size
    longest = _LONGEST_STRIP * min(width, height)
    if max(width, height) <= longest:
        return image
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, min(width, left + longest), min(height, top + longest)))


def normalise(pictures: Sequence[Pixels], normalisation: Normalisation) -> NDArray[np.float32]:
    """Return n pictures of h x w x 3 as one n x 3 x h x w array, normalised channel by channel.

    The memory stays in the pictures' order (channels last), which is what the network likes best.
    """
    batch = np.stack(pictures).astype(np.float32)
    batch -= np.asarray(normalisation.mean, dtype=np.float32)
    batch /= np.asarray(normalisation.deviation, dtype=np.float32)
    return batch.transpose(0, 3, 1, 2)
