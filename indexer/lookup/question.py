"""What is asked with a picture, and what is made of it before the collection is asked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indexer.preprocess import Pixels
from indexer.store.model import CONTENT, Vector

SHOWN_SIDE = 720
"""Longest side in pixels of the picture that is looked at and shown again: nine tenths of a screen, 130 KB at most."""

LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Box:
    """A detail of a picture: its edges as shares of width and height, from the left and from the top."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def __post_init__(self) -> None:
        across, down = self.right - self.left, self.bottom - self.top
        inside = 0 <= self.left and 0 <= self.top and self.right <= 1 and self.bottom <= 1
        if not (inside and across >= LEAST_SHARE and down >= LEAST_SHARE):
            raise ValueError("a detail lies within its picture and has some width and height")

    @property
    def whole(self) -> bool:
        """Whether it is all of the picture."""
        return self == Box()

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return it in pixels of a picture of this size, at least one each way."""
        left, top = int(self.left * width), int(self.top * height)
        return left, top, max(left + 1, round(self.right * width)), max(top + 1, round(self.bottom * height))


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture as the reader saw it: `shown` is a JPEG of it, upright and without its metadata.

    `sha256` is of the bytes that came; `looks` are its perceptual hashes, unturned first, none for a plain sheet.
    """

    sha256: str
    width: int
    height: int
    looks: tuple[str, ...]
    shown: bytes
    shown_width: int
    shown_height: int
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture with the vectors of its detail, each of unit length: of content, and of what other lenses there are."""

    seen: Seen
    vectors: Mapping[str, Vector]

    @property
    def vector(self) -> Vector:
        """The vector of content."""
        return self.vectors[CONTENT]


def unit(vector: Vector) -> Vector:
    """Return a vector in its direction, of length 1."""
    length = np.linalg.norm(vector)
    found: Vector = vector / (length if length else 1.0)
    return found
