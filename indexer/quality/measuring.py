"""All measures of one picture, always from its thumbnail: whenever they are made, they are the same."""

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.cropping import WHOLE, Box
from indexer.errors import Unmeasurable
from indexer.quality.edges import border, frame
from indexer.quality.lettering import NOWHERE, lettering
from indexer.quality.light import blur, colour, level, white
from indexer.thumbnails import shrink, sizes_for, thumbnail_path

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = 1
"""Of the measures: works that were measured otherwise are measured again."""

SIDE = 960
"""Longest side in pixels at which sharpness is measured; all else is at half of it."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Numbers of one picture as it is shown: pixels, levels of 0 to 255, bits, shares, and parts of it as boxes."""

    width: int
    height: int
    blur: float
    lightest: int
    darkest: int
    white: float
    information: float
    colour: int
    border: Box = WHOLE
    border_end: float = 0.0
    frame: Box = WHOLE
    frame_run: float = 0.0
    frame_unlike: int = 0
    line: Box = NOWHERE
    line_share: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as plain JSON, rounded to what they are good for."""
        return {name: _rounded(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Measures":
        """Return the measures that were stored."""
        stored: dict[str, Any] = {name: values[name] for name in _NAMES}
        return cls(**stored | {name: tuple(each) for name, each in stored.items() if isinstance(each, list)})


_NAMES = tuple(field.name for field in fields(Measures))


def measure(image: "Image", small: "Image", width: int, height: int) -> Measures:
    """Return the measures of an upright RGB picture of `width` x `height` pixels.

    `image` has it at `SIDE` pixels at most and `small` at half of that.
    """
    bands = small.convert("YCbCr").split()
    light, blue, red = (np.array(band.histogram()) for band in bands)
    levels = np.asarray(bands[0], dtype=np.int16)
    inner, end = border(levels)
    framed, run, unlike = frame(levels)
    line, share = lettering(levels)
    return Measures(
        width=width,
        height=height,
        blur=blur(image),
        lightest=level(light, 0.95),
        darkest=level(light, 0.01),
        white=white(light),
        # The entropy of the histogram (Shannon 1948), which cleanvision asks too.
        information=bands[0].entropy(),
        colour=colour(blue, red),
        border=inner,
        border_end=end,
        frame=framed,
        frame_run=run,
        frame_unlike=unlike,
        line=line,
        line_share=share,
    )


def size_measured(width: int, height: int) -> int:
    """Return the size of the thumbnail from which a picture of this many pixels is measured."""
    return max(size for size in sizes_for(width, height) if size <= SIDE)


def from_thumbnail(folder: Path, sha256: str, width: int, height: int) -> Measures:
    """Return the measures of a picture from its thumbnail of at most `SIDE` pixels; raises `Unmeasurable`."""
    from PIL import Image

    path = thumbnail_path(folder, sha256, size_measured(width, height))
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as image:
            picture = image.convert("RGB")
            return measure(picture, shrink(picture, SIDE // 2), width, height)
    except (OSError, SyntaxError, ValueError) as error:
        raise Unmeasurable(path, error) from error


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [round(each, 4) for each in value]
    return round(value, 4) if isinstance(value, float) else value
