"""What a run clusters: the whole collection or the works of an artist or a movement, by one lens."""

from dataclasses import dataclass
from functools import cached_property

from indexer.store.model import CONTENT, Artwork


@dataclass(frozen=True)
class Scope:
    """A part of the collection seen through a lens; each has runs, clusters and a genealogy of its own.

    `artist` is a slug, `movement` a name as works have it; at most one of them is given.
    """

    lens: str = CONTENT
    artist: str | None = None
    movement: str | None = None

    @cached_property
    def key(self) -> str:
        """How rows name it: the lens alone, or with what its works have in common."""
        if self.artist is not None:
            return f"{self.lens}|artist={self.artist}"
        return self.lens if self.movement is None else f"{self.lens}|movement={self.movement}"

    @classmethod
    def of(cls, key: str) -> "Scope":
        """Return the scope that has this key."""
        lens, _, rest = key.partition("|")
        field, _, value = rest.partition("=")
        return cls(lens, **{field: value}) if field else cls(lens)

    @property
    def is_whole(self) -> bool:
        """Whether it is the collection by its first lens, whose clusters works have in their payloads."""
        return self == WHOLE

    @property
    def all_works(self) -> bool:
        """Whether no work is left out."""
        return self.artist is None and self.movement is None

    def takes(self, work: Artwork) -> bool:
        """Tell whether a work belongs to it."""
        return self.artist in (None, work.artist_slug) and self.movement in (None, work.movement)

    def values(self) -> dict[str, str]:
        """Return it as arguments of an address; none for the whole."""
        lens = None if self.lens == CONTENT else self.lens
        found = {"artist": self.artist, "movement": self.movement, "lens": lens}
        return {name: value for name, value in found.items() if value is not None}


WHOLE = Scope()
