"""Which pieces of a picture there are, as level 0 of the IIIF Image API 3.0 has it: some sizes of the whole, and tiles.

Tiles are laid as its implementation notes say (https://iiif.io/api/image/3.0/implementation/, section 3).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from indexer.thumbnails import scaled, sizes_for

TILE = 512
"""Side of a tile in pixels as it is sent."""


class Piece(NamedTuple):
    """A part of a picture in the picture's own pixels, and the width and height it is sent in."""

    left: int
    top: int
    width: int
    height: int
    sent_width: int
    sent_height: int

    @property
    def name(self) -> str:
        """What it is called in its picture's archive."""
        return "{},{},{},{}-{},{}.jpg".format(*self)


@dataclass(frozen=True, slots=True)
class Plan:
    """The pieces of a picture of this many pixels."""

    width: int
    height: int

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Width and height of each size of the whole picture, the smallest first."""
        return tuple(scaled(self.width, self.height, size) for size in sizes_for(self.width, self.height))

    @property
    def factors(self) -> tuple[int, ...]:
        """How many pixels of the picture become one, across and down: 1, 2, 4... until one tile holds it all."""
        longest, factors = max(self.width, self.height), [1]
        while TILE * factors[-1] < longest:
            factors.append(2 * factors[-1])
        return tuple(factors)

    @property
    def wholes(self) -> tuple[Piece, ...]:
        """The whole picture in each size, the smallest first."""
        return tuple(Piece(0, 0, self.width, self.height, *size) for size in self.sizes)

    def pieces(self) -> Iterator[Piece]:
        """Yield every piece once."""
        yield from self.wholes
        for factor in self.factors:
            yield from self.tiles(factor)

    def tiles(self, factor: int) -> Iterator[Piece]:
        """Yield the tiles of a factor row by row, but for one that is the whole picture in one of its sizes.

        What is left over in the corner is the same piece of one pixel for all factors that are large enough, and comes
        with the first of them.
        """
        side, wholes = TILE * factor, self.wholes
        for top in range(0, self.height, side):
            for left in range(0, self.width, side):
                tile = self.tile(factor, left, top)
                if tile not in wholes and 2 * max(tile.width, tile.height) > factor:
                    yield tile

    def tile(self, factor: int, left: int, top: int) -> Piece:
        """Return the tile that begins there; at the right and lower edges it is smaller than the others."""
        side = TILE * factor
        width, height = min(side, self.width - left), min(side, self.height - top)
        return Piece(left, top, width, height, -(-width // factor), -(-height // factor))

    def find(self, region: str, size: str) -> Piece | None:
        """Return the piece that an address of the Image API names by its region and size, None if there is none."""
        if region == "full":
            return self._whole(size)
        where, sent = _numbers(region, 4), _numbers(size, 2)
        if where is None or sent is None:
            return None
        wanted, whole = Piece(*where, *sent), (self.width, self.height)
        if (wanted.width, wanted.height) == whole or wanted.left >= self.width or wanted.top >= self.height:
            return None
        aligned = (f for f in self.factors if not (wanted.left % (TILE * f) or wanted.top % (TILE * f)))
        return next((wanted for f in aligned if self.tile(f, wanted.left, wanted.top) == wanted), None)

    def _whole(self, size: str) -> Piece | None:
        wholes = self.wholes
        if size == "max":
            return wholes[-1]
        pieces = (*wholes, self.tile(self.factors[-1], 0, 0))
        return next((piece for piece in pieces if size == f"{piece.sent_width},{piece.sent_height}"), None)


def _numbers(text: str, count: int) -> tuple[int, ...] | None:
    """Return so many numbers between commas, each written as it is written shortest."""
    parts = text.split(",")
    if len(text) > 60 or len(parts) != count or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numbers = tuple(int(part) for part in parts)
    return numbers if ",".join(str(number) for number in numbers) == text else None
