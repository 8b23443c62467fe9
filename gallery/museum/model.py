"""What the museum knows of its artists and their works."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from zlib import crc32

import numpy as np

from scraper.names import slug

if TYPE_CHECKING:
    from PIL.Image import Image

INSTITUTION = "Museum of Drawn Light"

Layout = Literal["lazy", "srcset", "picture", "endless", "linked", "backdrop"]
"""How an artist's page is built; see `gallery.museum.pages`."""


@dataclass(frozen=True)
class Terms:
    """The licence the museum states for an artist's works; without a code nothing is stated."""

    code: str | None = None
    url: str | None = None
    credit: str | None = None


CC0 = Terms("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/")
UNSTATED = Terms()


def attribution(name: str) -> Terms:
    """Return CC BY 4.0 with the credit line that goes with an artist's works."""
    return Terms("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", f"{name} / {INSTITUTION}")


@dataclass(frozen=True)
class Sheet:
    """What a drawing starts from: its size in pixels, its number in the series, and chance that repeats itself."""

    width: int
    height: int
    number: int
    rng: np.random.Generator


@dataclass(frozen=True)
class Artist:
    """An invented artist: facts, the code that draws the works, and how the site shows them.

    `shapes` are sizes in pixels, used in turn; `takes` throws the dice again for single works.
    """

    name: str
    born: int
    died: int
    movement: str
    medium: str
    about: str
    titles: tuple[str, ...]
    shapes: tuple[tuple[int, int], ...]
    draw: Callable[[Sheet], "Image"]
    terms: Terms = CC0
    layout: Layout = "lazy"
    suffix: Literal["jpg", "png", "webp"] = "jpg"
    tags: tuple[str, ...] = ()
    takes: Mapping[int, int] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The artist's part of an address."""
        return slug(self.name)

    @property
    def works(self) -> tuple["Work", ...]:
        """The works in the order they were made."""
        return tuple(Work(self, number) for number in range(len(self.titles)))


@dataclass(frozen=True)
class Work:
    """One work of an artist."""

    artist: Artist
    number: int

    @property
    def title(self) -> str:
        """The work's title."""
        return self.artist.titles[self.number]

    @property
    def year(self) -> int:
        """When it was made: the works spread over the artist's working life."""
        first, last = self.artist.born + 24, min(self.artist.died, self.artist.born + 74)
        return first + (last - first) * self.number // len(self.artist.titles)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.artist.shapes[self.number % len(self.artist.shapes)]

    @property
    def file(self) -> str:
        """Name of the picture's file, in the artist's folder."""
        return f"{self.number + 1:02}-{slug(self.title)}.{self.artist.suffix}"

    def image(self) -> "Image":
        """Draw the work; the same picture every time."""
        seed = (crc32(self.artist.slug.encode()), self.number, self.artist.takes.get(self.number, 0))
        return self.artist.draw(Sheet(*self.size, self.number, np.random.default_rng(seed)))
