"""All pictures in one, tile i for work i, made from the smallest thumbnails in processes of their own."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from math import isqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LARGEST_SPRITE = 8_192
"""Pixels a side: TensorBoard refuses a larger one (its data-provider.ts)."""

LARGEST_TILE = 64
_CHUNK = 100
_FEW = 300
_ABSENT = (150, 146, 140, 255)
# In order of transparency: what lies beside a picture that is no square is not drawn.
_CLEAR = (0, 0, 0, 0)

Tiles = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where each tile lies: `columns` of them in a row, as many rows, each `tile` pixels a side.

    The grid is square although its last rows may be empty: TensorBoard mixes up rows and columns where it finds
    out which picture is pointed at.
    """

    columns: int
    tile: int

    @property
    def side(self) -> int:
        """Pixels of the whole sprite, each way."""
        return self.columns * self.tile

    def box(self, index: int) -> tuple[int, int, int, int]:
        """Return left, upper, right and lower edge of tile `index`, row by row."""
        row, column = divmod(index, self.columns)
        left, upper = column * self.tile, row * self.tile
        return left, upper, left + self.tile, upper + self.tile


def grid_for(count: int) -> Grid:
    """Return the grid with the largest tiles that keeps the sprite within TensorBoard's limit."""
    if count < 1:
        raise ValueError("a sprite has at least one tile")
    columns = isqrt(count - 1) + 1
    return Grid(columns, min(LARGEST_TILE, LARGEST_SPRITE // columns))


def write_sprite(
    out: Path, pictures: Sequence[Path], grid: Grid, *, processes: int, done: Callable[[int], None]
) -> list[int]:
    """Write the sprite as a PNG and return which tiles have no picture, for want of one that can be read.

    `done` is told how many tiles are finished. Raises OSError when the file cannot be written.
    """
    whole, absent, at = np.zeros((grid.side, grid.side, 4), np.uint8), list[int](), 0
    for tiles, missing in _tiles(pictures, grid.tile, processes):
        absent += [at + index for index in missing]
        for tile in tiles:
            left, upper, right, lower = grid.box(at)
            whole[upper:lower, left:right] = tile
            at += 1
        done(at)
    Image.fromarray(whole).save(out, "PNG", compress_level=1)
    return absent


def make_tiles(pictures: Sequence[str], side: int) -> tuple[Tiles, list[int]]:
    """Return pictures fitted into squares, n x side x side x 4, and which of them could not be read."""
    tiles, absent = np.zeros((len(pictures), side, side, 4), np.uint8), []
    for index, path in enumerate(pictures):
        try:
            tiles[index] = _tile(path, side)
        except (OSError, SyntaxError, ValueError):
            # Pillow says in any of these that a file is damaged; a work without picture keeps its place.
            tiles[index] = _ABSENT
            absent.append(index)
    return tiles, absent


def _tile(path: str, side: int) -> Tiles:
    with Image.open(path) as image:
        image.thumbnail((side, side), Image.Resampling.BILINEAR)
        tile = Image.new("RGBA", (side, side), _CLEAR)
        tile.paste(image.convert("RGB"), ((side - image.width) // 2, (side - image.height) // 2))
        return np.asarray(tile)


def _tiles(pictures: Sequence[Path], side: int, processes: int) -> Iterator[tuple[Tiles, list[int]]]:
    chunks = ([str(path) for path in pictures[start : start + _CHUNK]] for start in range(0, len(pictures), _CHUNK))
    if processes < 2 or len(pictures) <= _FEW:
        for chunk in chunks:
            yield make_tiles(chunk, side)
        return
    # Spawned: a process forked while the embedded collection is open would hang.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        under_way: list[Future[tuple[Tiles, list[int]]]] = []
        try:
            under_way += [pool.submit(make_tiles, chunk, side) for chunk in islice(chunks, processes + 2)]
            while under_way:
                yield under_way.pop(0).result()
                under_way += [pool.submit(make_tiles, chunk, side) for chunk in islice(chunks, 1)]
        finally:
            pool.shutdown(cancel_futures=True)
