"""The store of artworks over a vector engine: everything that does not depend on which engine it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from indexer.errors import (
    BrokenVector,
    NoVector,
    StoreMissing,
    UnknownArtwork,
    UnknownLens,
    WrongModel,
    WrongWidth,
)
from indexer.store.blend import Blend, shares_of
from indexer.store.conditions import EVERYTHING, AnyOf, HasId, Where, where
from indexer.store.diversity import spread
from indexer.store.engine import Engine, Hit, Query
from indexer.store.model import (
    CONTENT,
    Artwork,
    Asked,
    Examples,
    FacetCount,
    Filters,
    ModelCard,
    Neighbour,
    Neighbours,
    Page,
    StoreStats,
    Vector,
)
from indexer.store.payload import KEYWORDS, STATISTICS, changed, is_id, payload_of
from indexer.store.taste import Taste
from indexer.store.words import sound

REACH = 1_000
"""How many neighbours deep `similar` goes: nobody looks further, and depth costs time."""

_CHUNK = 1_000
# The embedded engine gives vectors as lists, whose making stops all other threads: a few at a time.
_VECTORS = 100


class Collection:
    """An `ArtworkStore`: checks what comes in, asks the engine, and speaks in artworks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prepare(self, card: ModelCard) -> None:
        """Create the collection with its payload indexes, or check that `card` made it (`WrongModel`)."""
        try:
            found = self._engine.card()
        except StoreMissing:
            found = card
        if not found.covers(card):
            raise WrongModel(self._engine.where, str(found), str(card))
        self._engine.create(found)

    def extend(self, widths: Mapping[str, int], statistics: str) -> None:
        """Make room for lenses beside `content`; what other statistics made is no longer up to date."""
        card = self._engine.card()
        changed_card = replace(card, widths={**card.widths, **widths}, statistics=statistics)
        if changed_card != card:
            self._engine.extend(changed_card)

    def drop(self) -> None:
        """Remove the collection with all that is in it; nothing happens if there is none."""
        self._engine.drop()

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Return those of `ids` that are not stored, in their order."""
        stored = self._payloads(ids, ())
        return [artwork_id for artwork_id in ids if artwork_id not in stored]

    def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the record revision each stored id was made from."""
        return {found: payload["revision"] for found, payload in self._payloads(ids, ("revision",)).items()}

    def add(self, artworks: Sequence[Artwork], vectors: Mapping[str, Vector]) -> None:
        """Store artworks with their vectors (lens -> n x width, float32); adding again replaces.

        `content` must be given; other lenses may follow with `set_vectors`. Raise `UnknownLens`,
        `WrongWidth` or `BrokenVector`, and then nothing is stored.
        """
        if CONTENT not in vectors:
            raise ValueError(f"no vectors for lens {CONTENT!r}")
        ids = [artwork.id for artwork in artworks]
        mark = self._mark(ids, vectors)
        if artworks:
            self._engine.upsert(ids, vectors, [payload_of(artwork) | mark for artwork in artworks])

    def set_vectors(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> None:
        """Set vectors of stored artworks (lens -> n x width), leaving those of other lenses.

        Raise as `add` does, or `UnknownArtwork`.
        """
        mark = self._mark(ids, vectors)
        for artwork_id in ids:
            if not is_id(artwork_id):
                raise UnknownArtwork(artwork_id)
        if ids:
            self._engine.set_vectors(ids, vectors)
            # Last, so that what is marked is there.
            self._engine.set_payload({artwork_id: mark for artwork_id in ids if mark})

    def marks(self, ids: Sequence[str]) -> dict[str, str]:
        """Return which statistics made the vectors of each stored id, without those that have `content` alone."""
        found = self._payloads(ids, (STATISTICS,))
        return {artwork_id: payload[STATISTICS] for artwork_id, payload in found.items() if STATISTICS in payload}

    def get(self, artwork_id: str) -> Artwork:
        """Return one artwork, or raise `UnknownArtwork`."""
        found = self._payloads([artwork_id])
        if artwork_id not in found:
            raise UnknownArtwork(artwork_id)
        return Artwork.from_payload(found[artwork_id])

    def get_many(self, ids: Sequence[str]) -> dict[str, Artwork]:
        """Return those of `ids` that are stored, by id, in their order."""
        found = self._payloads(ids)
        return {artwork_id: Artwork.from_payload(found[artwork_id]) for artwork_id in ids if artwork_id in found}

    def count(self, filters: Filters) -> int:
        """Return how many artworks there are."""
        return self._engine.count(where(filters))

    def page(self, filters: Filters, *, number: int = 1, size: int = 60) -> Page:
        """Return a page of artworks, newest first; works of one moment in the order of their ids."""
        skip = _skip(number, size)
        conditions = where(filters)
        total = self._engine.count(conditions)
        # Deep pages are counted from the end: skipping costs the engine as much as reading.
        rest = total - skip
        if rest <= 0:
            payloads = []
        elif skip <= rest:
            payloads = self._engine.newest(conditions, skip, size)
        else:
            take = min(size, rest)
            payloads = self._engine.newest(conditions, rest - take, take, backwards=True)[::-1]
        return Page(tuple(map(Artwork.from_payload, payloads)), total, number, size)

    def similar(
        self,
        query: Asked,
        filters: Filters,
        *,
        lens: str | Mapping[str, float] = CONTENT,
        number: int = 1,
        size: int = 24,
        min_score: float | None = None,
        per_artist: int | None = None,
    ) -> Neighbours:
        """Return the artworks most similar to an artwork (left out itself), a vector or examples.

        With examples, a work's score is its cosine to the nearest like, and works nearer to a dislike are
        left out; with dislikes alone, it is the negative cosine to the nearest of them. `lens` may be a mix
        (lens -> weight), whose score is the weighted mean of the cosines; a vector is then given for each lens,
        and of examples it is the mean that counts, away from that of the dislikes.
        Pages end after `REACH` neighbours. `per_artist` caps how many results one artist may have over all pages.
        """
        skip = _skip(number, size)
        take = min(size, REACH - skip)
        if take <= 0:
            return Neighbours((), number, more=False)
        point, first, conditions = self._query(query, where(filters), lens)
        if isinstance(point, Taste):
            min_score = point.threshold(min_score)
        if per_artist is None:
            hits = self._nearest(point, first, conditions, skip, take + 1, min_score)
        else:
            hits = spread(
                lambda closed, limit: self._nearest(
                    point, first, conditions.without(*closed), 0, limit, min_score, ("artist_slug",)
                ),
                per_artist,
                skip + take + 1,
            )[skip:]
        cosine = point.cosine if isinstance(point, Taste) else float
        found = self._neighbours(hits[:take], cosine, whole=per_artist is None)
        return Neighbours(found, number, more=len(hits) > take and skip + take < REACH)

    def facets(self, field: str, filters: Filters, *, limit: int = 1000) -> list[FacetCount]:
        """Return the values of a keyword field with their counts, most frequent first."""
        hits = self._engine.facet(_keyword(field), where(filters), limit)
        return [FacetCount(value, count) for value, count in sorted(hits, key=lambda hit: (-hit[1], hit[0]))]

    def covers(self, field: str, values: Sequence[str]) -> dict[str, Artwork]:
        """Return the newest artwork for each value of a keyword field that has any."""
        asked = [Where((AnyOf(_keyword(field), [sound(value)]),)) for value in values]
        payloads = self._engine.newest_of_each(asked) if asked else []
        return {
            value: Artwork.from_payload(payload)
            for value, payload in zip(values, payloads, strict=True)
            if payload is not None
        }

    def ranked(
        self,
        filters: Filters,
        names: Sequence[str],
        weigh: Callable[[Mapping[str, Any]], float],
        *,
        number: int = 1,
        size: int = 60,
    ) -> Page:
        """Return a page of artworks by falling weight, which is made of these of their fields; ties by id.

        Only those fields are read of the works that are not on the page.
        """
        skip = _skip(number, size)
        found = self._engine.fields(where(filters), names)
        order = sorted(found, key=lambda point: (-weigh(found[point]), point))
        payloads = self._payloads(order[skip : skip + size])
        shown = [Artwork.from_payload(payloads[point]) for point in order[skip : skip + size] if point in payloads]
        return Page(tuple(shown), len(order), number, size)

    def vectors(self, ids: Sequence[str], *, lens: str = CONTENT) -> Vector:
        """Return stored vectors, n x width, in the order of `ids`; raise `UnknownArtwork` or `NoVector`."""
        width = self._width(lens)
        rows = np.empty((len(ids), width), dtype=np.float32)
        for start in range(0, len(ids), _VECTORS):
            some = ids[start : start + _VECTORS]
            found = self._engine.vectors([artwork_id for artwork_id in some if is_id(artwork_id)], lens)
            for row, artwork_id in enumerate(some, start):
                if artwork_id not in found:
                    raise UnknownArtwork(artwork_id) if self.missing([artwork_id]) else NoVector(artwork_id, lens)
                rows[row] = found[artwork_id]
        return rows

    def scan(self, *, batch: int = 1000) -> Iterator[list[Artwork]]:
        """Yield all artworks in batches, in the order of their ids."""
        start: str | None = None
        while True:
            payloads, start = self._engine.after(start, batch)
            if payloads:
                yield [Artwork.from_payload(payload) for payload in payloads]
            if start is None:
                return

    def set_fields(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Change payload fields of artworks (id -> field -> value), leaving their vectors alone.

        None takes a field away. Raise `UnknownArtwork` before anything is changed.
        """
        stored = self._payloads(list(changes))
        for artwork_id in changes:
            if artwork_id not in stored:
                raise UnknownArtwork(artwork_id)
        wanted = {artwork_id: changed(stored[artwork_id], values) for artwork_id, values in changes.items()}
        for chunk in _chunks(list(wanted)):
            self._engine.set_payload({artwork_id: wanted[artwork_id] for artwork_id in chunk})

    def delete(self, ids: Sequence[str]) -> None:
        """Remove artworks; unknown ids are ignored."""
        for chunk in _chunks([artwork_id for artwork_id in ids if is_id(artwork_id)]):
            self._engine.delete(chunk)

    def stats(self) -> StoreStats:
        """Return what the collection holds."""
        engine = self._engine
        return StoreStats(engine.count(EVERYTHING), engine.indexed(), engine.name, engine.where, engine.card())

    def optimize(self) -> None:
        """Build the graph over new points; may take long, never call it in a serving process."""
        self._engine.optimize()

    def optimize_aside(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Build the graph over new points while others read and write; tell whether it was done, not stopped."""
        return self._engine.optimize_aside(stopped)

    def close(self) -> None:
        """Flush and let go of the collection."""
        self._engine.close()

    def _mark(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> dict[str, str]:
        """Check vectors, and return what marks that they are all that the collection's statistics make."""
        for lens, rows in vectors.items():
            if len(rows) != len(ids):
                raise ValueError(f"{len(rows)} vectors of lens {lens!r} for {len(ids)} artworks")
            self._check(lens, rows)
        card = self._engine.card()
        whole = card.statistics is not None and card.widths.keys() <= {CONTENT, *vectors}
        return {STATISTICS: str(card.statistics)} if whole else {}

    def _nearest(
        self,
        query: Query,
        lens: str,
        conditions: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None = None,
    ) -> list[Hit]:
        try:
            return self._engine.nearest(query, lens, conditions, skip, limit, min_score, fields)
        except UnknownArtwork as error:
            # Engines speak alike of a work that is not there and of one without a vector in this lens.
            if not self.missing([error.artwork_id]):
                raise NoVector(error.artwork_id, lens) from error
            raise

    def _query(self, query: Asked, conditions: Where, lens: str | Mapping[str, float]) -> tuple[Query, str, Where]:
        """Return what to ask the engine: the query, its lens, and the conditions."""
        shares = {lens: 1.0} if isinstance(lens, str) else shares_of(lens)
        for each in shares:
            self._width(each)
        first = next(iter(shares))
        if isinstance(query, str) and not is_id(query):
            raise UnknownArtwork(query)
        if isinstance(query, Examples):
            if len(shares) > 1:
                tastes = {each: self._taste(query, conditions, each) for each in shares}
                conditions = tastes[first][1]
                return Blend({each: taste.direction for each, (taste, _) in tastes.items()}, shares), first, conditions
            taste, conditions = self._taste(query, conditions, first)
            return taste, first, conditions
        if isinstance(query, Mapping):
            for each in shares:
                self._check(each, query[each][np.newaxis])
            return (Blend(query, shares) if len(shares) > 1 else query[first]), first, conditions
        if len(shares) > 1:
            if not isinstance(query, str):
                raise ValueError("a mix needs a vector for each of its lenses")
            return Blend(query, shares), first, conditions
        if not isinstance(query, str):
            self._check(first, query[np.newaxis])
        return query, first, conditions

    def _taste(self, examples: Examples, conditions: Where, lens: str) -> tuple[Taste, Where]:
        likes, dislikes = list(examples.likes), list(examples.dislikes)
        if not likes and not dislikes:
            raise ValueError("examples need at least one artwork")
        taste = Taste(self.vectors(likes, lens=lens), self.vectors(dislikes, lens=lens))
        return taste, conditions.without(HasId([*likes, *dislikes]))

    def _neighbours(
        self, hits: Sequence[Hit], cosine: Callable[[float], float], *, whole: bool
    ) -> tuple[Neighbour, ...]:
        payloads = {hit.id: hit.payload for hit in hits} if whole else self._payloads([hit.id for hit in hits])
        # A work removed between the two calls is left out; halves' rounding can carry a score beyond 1.
        return tuple(
            Neighbour(Artwork.from_payload(payloads[hit.id]), max(-1.0, min(1.0, cosine(hit.score))))
            for hit in hits
            if hit.id in payloads
        )

    def _payloads(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for chunk in _chunks([artwork_id for artwork_id in ids if is_id(artwork_id)]):
            found |= self._engine.payloads(chunk, fields)
        return found

    def _width(self, lens: str) -> int:
        widths = self._engine.card().widths
        if lens not in widths:
            raise UnknownLens(lens, widths)
        return widths[lens]

    def _check(self, lens: str, vectors: Vector) -> None:
        width = self._width(lens)
        if vectors.ndim != 2 or vectors.shape[1] != width:
            raise WrongWidth(lens, vectors.shape[-1], width)
        finite = np.isfinite(vectors).all(axis=1)
        if not finite.all():
            raise BrokenVector(lens, int(np.argmin(finite)))


def _skip(number: int, size: int) -> int:
    if number < 1 or size < 1:
        raise ValueError(f"pages and their sizes count from 1, not {number} and {size}")
    return (number - 1) * size


def _keyword(field: str) -> str:
    if field not in KEYWORDS:
        raise ValueError(f"{field!r} is not one of the keyword fields: {', '.join(KEYWORDS)}")
    return field


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
