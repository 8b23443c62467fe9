"""The store of artworks: one protocol, two engines behind it (embedded Qdrant Edge, Qdrant server)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from indexer.settings import IndexerSettings
from indexer.store.model import (
    Artwork,
    Asked,
    FacetCount,
    Filters,
    ModelCard,
    Neighbours,
    Page,
    StoreStats,
    Vector,
)


class ArtworkStore(Protocol):
    """A collection of artworks with one vector per lens, compared by cosine similarity."""

    def prepare(self, card: ModelCard) -> None:
        """Create the collection with its payload indexes, or check that `card` made it (`WrongModel`)."""

    def extend(self, widths: Mapping[str, int], statistics: str) -> None:
        """Make room for lenses beside `content`; what other statistics made is no longer up to date."""

    def drop(self) -> None:
        """Remove the collection with all that is in it; nothing happens if there is none."""

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Return those of `ids` that are not stored, in their order."""

    def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the record revision each stored id was made from."""

    def add(self, artworks: Sequence[Artwork], vectors: Mapping[str, Vector]) -> None:
        """Store artworks with their vectors (lens -> n x width, float32); adding again replaces.

        `content` must be given; other lenses may follow with `set_vectors`. Raise `UnknownLens`,
        `WrongWidth` or `BrokenVector`, and then nothing is stored.
        """

    def set_vectors(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> None:
        """Set vectors of stored artworks (lens -> n x width), leaving those of other lenses.

        Raise as `add` does, or `UnknownArtwork`.
        """

    def marks(self, ids: Sequence[str]) -> dict[str, str]:
        """Return which statistics made the vectors of each stored id, without those that have `content` alone."""

    def get(self, artwork_id: str) -> Artwork:
        """Return one artwork, or raise `UnknownArtwork`."""

    def get_many(self, ids: Sequence[str]) -> dict[str, Artwork]:
        """Return those of `ids` that are stored, by id, in their order."""

    def count(self, filters: Filters) -> int:
        """Return how many artworks there are."""

    def page(self, filters: Filters, *, number: int = 1, size: int = 60) -> Page:
        """Return a page of artworks, newest first; works of one moment in the order of their ids."""

    def similar(
        self,
        query: Asked,
        filters: Filters,
        *,
        lens: str | Mapping[str, float] = "content",
        number: int = 1,
        size: int = 24,
        min_score: float | None = None,
        per_artist: int | None = None,
    ) -> Neighbours:
        """Return the artworks most similar to an artwork (left out itself), a vector or examples.

        With examples, a work's score is its cosine to the nearest like, and works nearer to a dislike are
        left out; with dislikes alone, it is the negative cosine to the nearest of them. `lens` may be a mix
        (lens -> weight), whose score is the weighted mean of the cosines; a vector is then given for each lens,
        and of examples it is the mean that counts, away from that of the dislikes. Raise `UnknownLens`,
        `UnknownArtwork`, or `NoVector` for a work still without one. Pages end after 1,000 neighbours.
        `per_artist` caps how many results one artist may have over all pages.
        """

    def facets(self, field: str, filters: Filters, *, limit: int = 1000) -> list[FacetCount]:
        """Return the values of a keyword field with their counts, most frequent first."""

    def covers(self, field: str, values: Sequence[str]) -> dict[str, Artwork]:
        """Return the newest artwork for each value of a keyword field that has any."""

    def ranked(
        self,
        filters: Filters,
        names: Sequence[str],
        weigh: Callable[[Mapping[str, Any]], float],
        *,
        number: int = 1,
        size: int = 60,
    ) -> Page:
        """Return a page of artworks by falling weight, which is made of these of their fields; ties by id."""

    def vectors(self, ids: Sequence[str], *, lens: str = "content") -> Vector:
        """Return stored vectors, n x width, in the order of `ids`; raise `UnknownArtwork` or `NoVector`."""

    def scan(self, *, batch: int = 1000) -> Iterator[list[Artwork]]:
        """Yield all artworks in batches, in the order of their ids."""

    def set_fields(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Change payload fields of artworks (id -> field -> value), leaving their vectors alone.

        None takes a field away. Raise `UnknownArtwork` before anything is changed.
        """

    def delete(self, ids: Sequence[str]) -> None:
        """Remove artworks; unknown ids are ignored."""

    def stats(self) -> StoreStats:
        """Return what the collection holds."""

    def optimize(self) -> None:
        """Build the graph over new points; may take long, never call it in a serving process."""

    def optimize_aside(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Build the graph over new points while others read and write; tell whether it was done, not stopped.

        Takes longer than `optimize`, and twice the collection's room on the disk for a while.
        """

    def close(self) -> None:
        """Flush and let go of the collection."""


def open_store(settings: IndexerSettings, *, anew: bool = False) -> ArtworkStore:
    """Return the store that the settings name: a Qdrant server if they have a URL, else the embedded one.

    There need be no collection yet; `anew` removes the one there is, even a damaged one. Raise
    `StoreLocked`, `StoreDamaged` or `StoreUnavailable`. The engine is imported here, so that what
    needs no store needs no driver.
    """
    from indexer.store.collection import Collection

    if settings.qdrant_url:
        from indexer.store.server import connect

        store = Collection(connect(settings))
        if anew:
            store.drop()
        return store
    from indexer.store.edge import EdgeEngine
    from indexer.store.edge_folder import erase

    if anew:
        erase(settings.qdrant_dir)
    return Collection(EdgeEngine(settings.qdrant_dir))
