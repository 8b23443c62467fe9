"""Tiles of the map as WebP files, drawn from thumbnails or from the four tiles below, and kept by their names."""

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.atlas.pyramid import TILE, Place, Pyramid
from indexer.errors import ExportUnwritable
from indexer.thumbnails import SIZES, thumbnail_path
from scraper.disk import whole_file

if TYPE_CHECKING:
    from PIL.Image import Image

FILLING = 32
"""From this size of a cell downwards a picture fills its cell; above, all of it is shown with wall around it."""

_KEPT = 64
# Tiles with larger cells hold few works: drawing them is as quick as reading them.
_QUALITY = 78
_MARGIN = 0.04
_ABSENT = (150, 146, 140)


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles of maps: `folder` keeps those that take time to draw, `thumbnails` are what they are drawn from."""

    folder: Path
    thumbnails: Path

    def content(self, pyramid: Pyramid, zoom: int, column: int, row: int) -> bytes:
        """Return a tile's file, drawing it if it is not kept yet; KeyError where the map has nothing.

        Raises `ExportUnwritable` when it cannot be kept.
        """
        return self._content(pyramid, zoom, column, row)[0]

    def make(self, pyramid: Pyramid, done: Callable[[int, int], None], *, threads: int = 2) -> int:
        """Draw all tiles that many pictures are needed for, and return how many; told are works done and all."""
        lowest = max(0, pyramid.depth - (TILE // FILLING).bit_length() + 1)
        works = made = 0
        with ThreadPoolExecutor(threads) as pool:
            for zoom in range(lowest, -1, -1):
                places = list(pyramid.names[zoom])
                drawn = pool.map(lambda place, zoom=zoom: self.content(pyramid, zoom, *place), places)
                for place, _ in zip(places, drawn, strict=True):
                    made += 1
                    if zoom == lowest:
                        works += len(pyramid.on(zoom, *place))
                        done(works, len(pyramid.works))
        return made

    def sweep(self, pyramid: Pyramid) -> int:
        """Remove what the map has no more, such as a picture that was taken down, and return how many files."""
        used = {name for names in pyramid.names for name in names.values()}
        gone = [path for path in self._files() if path.stem not in used]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _content(self, pyramid: Pyramid, zoom: int, column: int, row: int) -> tuple[bytes, bool]:
        """Return a tile's file, and whether all its pictures could be had: if not, it is drawn anew next time."""
        name = pyramid.name(zoom, column, row)
        if name is None:
            raise KeyError((zoom, column, row))
        path, kept = self._path(name), TILE >> (pyramid.depth - zoom) <= _KEPT
        if kept:
            with suppress(FileNotFoundError):
                return path.read_bytes(), True
        tile, whole = self._drawn(pyramid, zoom, column, row)
        content = _encoded(tile)
        if kept and whole:
            _keep(path, content)
        return content, whole

    def _files(self) -> Iterable[Path]:
        return list(self.folder.glob("??/*.webp"))

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.webp"

    def _drawn(self, pyramid: Pyramid, zoom: int, column: int, row: int) -> tuple["Image", bool]:
        from PIL import Image

        cell = TILE >> (pyramid.depth - zoom)
        tile, whole = Image.new("RGBA", (TILE, TILE)), True
        if cell >= FILLING:
            for place, sha256 in pyramid.on(zoom, column, row):
                whole &= _hang(tile, self.thumbnails, sha256, place, cell)
            return tile, whole
        half = TILE // 2
        for right, below in self._parts(pyramid, zoom, column, row):
            content, complete = self._content(pyramid, zoom + 1, 2 * column + right, 2 * row + below)
            whole &= complete
            with Image.open(io.BytesIO(content)) as part:
                tile.paste(part.convert("RGBA").reduce(2), (half * right, half * below))
        return tile, whole

    @staticmethod
    def _parts(pyramid: Pyramid, zoom: int, column: int, row: int) -> Iterator[Place]:
        for right in (0, 1):
            for below in (0, 1):
                if pyramid.name(zoom + 1, 2 * column + right, 2 * row + below):
                    yield right, below


def _hang(tile: "Image", thumbnails: Path, sha256: str, place: Place, cell: int) -> bool:
    """Put a picture into its cell; grey, and false, if it has no thumbnail that can be read."""
    from PIL import Image, ImageOps

    left, top, there = place[0] * cell, place[1] * cell, True
    try:
        with Image.open(thumbnail_path(thumbnails, sha256, SIZES[0])) as picture:
            plain = picture.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        # Pillow says in any of these that a file is damaged; a work without picture keeps its place.
        plain, there = Image.new("RGB", (cell, cell), _ABSENT), False
    if cell <= FILLING:
        tile.paste(ImageOps.fit(plain, (cell, cell), Image.Resampling.BOX, centering=(0.5, 0.4)), (left, top))
        return there
    most = cell - 2 * max(1, round(cell * _MARGIN))
    fitted = ImageOps.contain(plain, (most, most), Image.Resampling.BICUBIC)
    tile.paste(fitted, (left + (cell - fitted.width) // 2, top + (cell - fitted.height) // 2))
    return there


def _encoded(tile: "Image") -> bytes:
    out = io.BytesIO()
    tile.save(out, "WEBP", quality=_QUALITY, method=2, alpha_quality=90)
    return out.getvalue()


def _keep(path: Path, content: bytes) -> None:
    try:
        with whole_file(path, lasting=False) as file:
            file.write(content)
    except OSError as error:
        raise ExportUnwritable(path, error.strerror or str(error)) from error
