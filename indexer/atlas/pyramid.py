"""The names of a map's tiles: each is made of what is on it, so that one that changes has another name."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.atlas.model import Atlas

TILE = 256
"""Pixels of a tile each way."""

Place = tuple[int, int]
_DRAWN = b"drawn-1"
"""Changed when tiles are drawn in another way: those of before are then not used any more."""


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The tiles of every zoom, from 0 (the whole map) to `depth` (a work in each): their names, by column and row.

    What holds no work has no name. `works` are the works by their cell, `mark` stands for the map as a whole.
    """

    depth: int
    works: Mapping[Place, str]
    names: Sequence[Mapping[Place, str]]

    @classmethod
    def of(cls, atlas: Atlas) -> "Pyramid":
        """Return the pyramid of a map, as a tree of hashes: from the works up to the whole."""
        works = {
            (column, row): sha256 for sha256, (column, row) in zip(atlas.hashes, atlas.cells.tolist(), strict=True)
        }
        names = [{cell: _name([f"0 0 {sha256}"]) for cell, sha256 in works.items()}]
        for _ in range(atlas.depth):
            parts = defaultdict[Place, list[str]](list)
            for (column, row), name in sorted(names[0].items()):
                parts[column // 2, row // 2].append(f"{column % 2} {row % 2} {name}")
            names.insert(0, {place: _name(below) for place, below in parts.items()})
        return cls(atlas.depth, works, names)

    @property
    def mark(self) -> str:
        """The name of the whole."""
        return f"{self.depth}-{self.names[0].get((0, 0), 'empty')}"

    def name(self, zoom: int, column: int, row: int) -> str | None:
        """Return the name of a tile, None where there is nothing."""
        return self.names[zoom].get((column, row)) if 0 <= zoom <= self.depth else None

    def on(self, zoom: int, column: int, row: int) -> list[tuple[Place, str]]:
        """Return the works on a tile: their cells, counted from its corner, and their sha256."""
        cells = 1 << (self.depth - zoom)
        left, top = column * cells, row * cells
        if cells * cells > len(self.works):
            inside = [(x, y) for x, y in self.works if left <= x < left + cells and top <= y < top + cells]
        else:
            inside = [
                (x, y) for y in range(top, top + cells) for x in range(left, left + cells) if (x, y) in self.works
            ]
        return [((x - left, y - top), self.works[x, y]) for x, y in sorted(inside)]


def _name(parts: Sequence[str]) -> str:
    digest = hashlib.sha256(_DRAWN)
    for part in parts:
        digest.update(part.encode())
    return digest.hexdigest()[:24]
