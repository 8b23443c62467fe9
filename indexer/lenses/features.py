"""What is kept of a work so that lenses can be made, and made anew, without another pass through the network."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Observed
from indexer.lenses.palette import palettes_of
from indexer.preprocess import Pixels
from indexer.store.model import Vector
from indexer.thumbnails import FEATURES
from scraper.disk import whole_file

_HEAD = struct.Struct("<4sIIIIIf")
_MAGIC = b"GLF1"


@dataclass(frozen=True, slots=True)
class Features:
    """One work's features.

    `moments` are mean and deviation of each channel of the middle layers, `grid` a middle layer on a grid of
    4 x 4, `palette` its colours, `cells` the last layer's places (n x 64, eight bits, a unit is `scale`).
    """

    moments: NDArray[np.float16]
    grid: NDArray[np.float16]
    palette: NDArray[np.float16]
    cells: NDArray[np.int8]
    scale: float

    def to_bytes(self) -> bytes:
        """Return what a file of them holds."""
        content = b"".join(part.tobytes() for part in (self.moments, self.grid, self.palette, self.cells))
        sizes = (self.moments.size, self.grid.size, self.palette.size, self.cells.size)
        return _HEAD.pack(_MAGIC, zlib.crc32(content), *sizes, self.scale) + content

    @classmethod
    def from_bytes(cls, content: bytes) -> "Features":
        """Return the features of a file; raise ValueError if it is damaged or something else."""
        if len(content) < _HEAD.size:
            raise ValueError("cut short")
        magic, check, *sizes, scale = _HEAD.unpack_from(content)
        body = content[_HEAD.size :]
        moments, grid, palette, cells = sizes
        if magic != _MAGIC or len(body) != 2 * (moments + grid + palette) + cells or zlib.crc32(body) != check:
            raise ValueError("damaged")
        halves = np.frombuffer(body, np.float16, moments + grid + palette)
        places = np.frombuffer(body, np.int8, cells, 2 * halves.size).reshape(-1, Observed.DEPTH)
        first, second, third = np.split(halves, [moments, moments + grid])
        return cls(first, second, third, places, scale)


def features_of(observed: Observed, pictures: Sequence[Pixels]) -> list[Features]:
    """Return the features of a batch from what the network saw and the pixels it saw."""
    count = len(pictures)
    moments, grids, palettes = map(_half, (observed.moments, observed.grid.reshape(count, -1), palettes_of(pictures)))
    scales = np.abs(observed.cells).max(axis=(1, 2)) / 127
    scales[scales == 0] = 1.0
    cells = np.rint(observed.cells / scales[:, None, None]).astype(np.int8)
    return [Features(moments[row], grids[row], palettes[row], cells[row], float(scales[row])) for row in range(count)]


def _half(numbers: Vector) -> NDArray[np.float16]:
    return np.clip(numbers, -65504, 65504).astype(np.float16)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the features of works lie that a model made: beside their thumbnails, `key` names the model."""

    folder: Path
    key: str

    def path(self, sha256: str) -> Path:
        """Return where the features of a picture lie."""
        return self.folder / sha256[:2] / f"{sha256}.{self.key}{FEATURES}"

    def has(self, sha256: str) -> bool:
        """Tell whether there are any; a power cut may leave an empty file, which counts as none."""
        try:
            return self.path(sha256).stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False

    def read(self, sha256: str) -> Features | None:
        """Return a work's features, None if there are none; damaged ones are removed, to be made again."""
        path = self.path(sha256)
        try:
            return Features.from_bytes(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError:
            path.unlink(missing_ok=True)
            return None

    def write(self, sha256: str, features: Features) -> None:
        """Write a work's features, whole or not at all; raises OSError."""
        with whole_file(self.path(sha256), lasting=False) as file:
            file.write(features.to_bytes())

    def sweep(self) -> None:
        """Remove the features that other models made."""
        for path in self.folder.glob(f"??/*{FEATURES}"):
            if not path.name.endswith(f".{self.key}{FEATURES}"):
                path.unlink(missing_ok=True)
