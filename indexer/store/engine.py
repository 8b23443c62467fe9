"""What a vector engine must be able to do for a collection of artworks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from indexer.store.blend import Blend
from indexer.store.conditions import Where
from indexer.store.model import ModelCard, Vector
from indexer.store.payload import Payload
from indexer.store.taste import Taste

MOST_AT_ONCE = 10_000
"""Points read in one go when only a few of their fields are."""

Query = str | Vector | Taste | Blend
"""What neighbours are asked for: of a stored point by its id, of a vector, of a taste, or in several lenses."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A point found by likeness; `payload` holds the fields asked for."""

    id: str
    score: float
    payload: Payload


class Engine(Protocol):
    """The driver's calls, with its exceptions turned into ours; ids are UUIDs, vectors of the right width.

    Everything but `create` and `close` raises `StoreMissing` while there is no collection.
    """

    name: str
    where: str

    def card(self) -> ModelCard:
        """Return which model made the collection."""

    def create(self, card: ModelCard) -> None:
        """Create the collection with its payload indexes, or add the indexes that one lacks."""

    def extend(self, card: ModelCard) -> None:
        """Make room for the lenses of `card`, which becomes the collection's; those of another width begin empty."""

    def drop(self) -> None:
        """Remove the collection, if there is one."""

    def upsert(self, ids: Sequence[str], vectors: Mapping[str, Vector], payloads: Sequence[Payload]) -> None:
        """Store points whole, replacing those there are."""

    def set_vectors(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> None:
        """Set vectors of stored points, leaving those of other lenses; raise `UnknownArtwork` if one is not stored."""

    def set_payload(self, changes: Mapping[str, Payload]) -> None:
        """Set payload fields of stored points; None removes a field."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""

    def payloads(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Return the payloads, or these fields of them, of those ids that are stored."""

    def vectors(self, ids: Sequence[str], lens: str) -> dict[str, Vector]:
        """Return the vectors of those ids that are stored and have one in this lens."""

    def nearest(
        self,
        query: Query,
        lens: str,
        where: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None = None,
    ) -> list[Hit]:
        """Return the nearest points, best first, with these fields (None: all).

        An id stands for its own vectors and is left out itself; raise `UnknownArtwork` if it is not stored.
        For a blend, `lens` does not count. For a taste, scores and `min_score` are the engine's best scores, else
        cosines.
        """

    def newest(self, where: Where, skip: int, limit: int, *, backwards: bool = False) -> list[Payload]:
        """Return payloads by falling `order`, or by rising if backwards."""

    def newest_of_each(self, wheres: Sequence[Where]) -> list[Payload | None]:
        """Return the newest point of each."""

    def after(self, start: str | None, limit: int) -> tuple[list[Payload], str | None]:
        """Return payloads by rising id from `start`, and the id to go on with."""

    def fields(self, where: Where, names: Sequence[str]) -> dict[str, Payload]:
        """Return these fields of all points that meet the conditions, by id."""

    def count(self, where: Where) -> int:
        """Return how many points there are."""

    def facet(self, field: str, where: Where, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of a keyword field with their counts."""

    def indexed(self) -> int:
        """Return how many vectors are in the graph."""

    def optimize(self) -> None:
        """Build the graph over new points."""

    def optimize_aside(self, stopped: Callable[[], bool]) -> bool:
        """Do so while other threads go on; tell whether it was done rather than stopped."""

    def close(self) -> None:
        """Flush and let go; nothing happens the second time."""
