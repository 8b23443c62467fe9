"""The engine for galleries that outgrow one process: a Qdrant server, by REST or gRPC."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import QdrantClient, models

from indexer.errors import StoreUnavailable, UnknownArtwork
from indexer.settings import IndexerSettings
from indexer.store.blend import Blend
from indexer.store.conditions import ORDER, HasId, Where
from indexer.store.engine import MOST_AT_ONCE, Hit, Query
from indexer.store.model import Vector
from indexer.store.payload import Payload
from indexer.store.server_link import ServerLink
from indexer.store.server_terms import server_filter, server_formula
from indexer.store.taste import Taste

BATCH = 64
"""Points in one request: under 3 MB as JSON."""


def connect(settings: IndexerSettings) -> "ServerEngine":
    """Return an engine for the server the settings name; nothing is sent yet.

    `http://` and `https://` addresses speak REST, `grpc://` and `grpcs://` gRPC.
    """
    url = str(settings.qdrant_url)
    try:
        parts = urlsplit(url)
        port = parts.port or (6334 if parts.scheme.startswith("grpc") else 6333)
        sound = parts.scheme in ("http", "https", "grpc", "grpcs") and parts.hostname
    except ValueError:
        sound = False
    if not sound:
        raise StoreUnavailable(url, "not an address such as http://localhost:6333 or grpc://localhost:6334")
    headers = {"api-key": settings.qdrant_api_key.get_secret_value()} if settings.qdrant_api_key else {}
    common: dict[str, Any] = {"headers": headers, "timeout": settings.qdrant_timeout, "check_compatibility": False}
    if parts.scheme.startswith("grpc"):
        secure = parts.scheme == "grpcs"
        client = QdrantClient(host=parts.hostname, grpc_port=port, prefer_grpc=True, https=secure, **common)
    else:
        client = QdrantClient(url=url, port=port, **common)
    where = f"{parts.scheme}://{parts.hostname}:{port}/{settings.collection}"
    return ServerEngine(client, settings.collection, where, settings.qdrant_timeout)


class ServerEngine(ServerLink):
    """An `Engine` on a server."""

    def upsert(self, ids: Sequence[str], vectors: Mapping[str, Vector], payloads: Sequence[Payload]) -> None:
        """Store points whole, replacing those there are."""
        for start in range(0, len(ids), BATCH):
            points = [
                models.PointStruct(
                    id=ids[row],
                    vector={lens: rows[row].tolist() for lens, rows in vectors.items()},
                    payload=payloads[row],
                )
                for row in range(start, min(start + BATCH, len(ids)))
            ]
            self.ask(partial(self.client.upsert, self.collection, points, wait=True))

    def set_vectors(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> None:
        """Set vectors of stored points, leaving those of other lenses; raise `UnknownArtwork` if one is not stored."""
        stored = self.payloads(ids, ())
        for artwork_id in ids:
            if artwork_id not in stored:
                raise UnknownArtwork(artwork_id)
        for start in range(0, len(ids), BATCH):
            points = [
                models.PointVectors(id=ids[row], vector={lens: rows[row].tolist() for lens, rows in vectors.items()})
                for row in range(start, min(start + BATCH, len(ids)))
            ]
            self.ask(partial(self.client.update_vectors, self.collection, points, wait=True))

    def set_payload(self, changes: Mapping[str, Payload]) -> None:
        """Set payload fields of stored points; None removes a field."""
        operations: list[models.SetPayloadOperation | models.DeletePayloadOperation] = []
        for point, values in changes.items():
            kept = {field: value for field, value in values.items() if value is not None}
            gone = [field for field in values if field not in kept]
            if kept:
                operations.append(
                    models.SetPayloadOperation(set_payload=models.SetPayload(payload=kept, points=[point]))
                )
            if gone:
                operations.append(
                    models.DeletePayloadOperation(delete_payload=models.DeletePayload(keys=gone, points=[point]))
                )
        if operations:
            self.ask(lambda: self.client.batch_update_points(self.collection, operations, wait=True))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""
        selector = models.PointIdsList(points=list(ids))
        self.ask(lambda: self.client.delete(self.collection, selector, wait=True))

    def payloads(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Return the payloads, or these fields of them, of those ids that are stored."""
        records = self.ask(lambda: self.client.retrieve(self.collection, list(ids), with_payload=_wanted(fields)))
        return {str(record.id): record.payload or {} for record in records}

    def vectors(self, ids: Sequence[str], lens: str) -> dict[str, Vector]:
        """Return the vectors of those ids that are stored and have one in this lens."""
        records = self.ask(
            lambda: self.client.retrieve(self.collection, list(ids), with_payload=False, with_vectors=[lens])
        )
        named = {str(record.id): record.vector for record in records if isinstance(record.vector, dict)}
        return {point: np.asarray(own[lens], dtype=np.float32) for point, own in named.items() if lens in own}

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
        """Return the nearest points, best first, with these fields (None: all)."""
        if isinstance(query, Blend):
            return self._blended(query, where, skip, limit, min_score, fields)
        answer = self.ask(
            lambda: self.client.query_points(
                self.collection,
                query=_asked(query),
                using=lens,
                query_filter=server_filter(where),
                search_params=_FILTERED if where.must or where.must_not else None,
                offset=skip,
                limit=limit,
                score_threshold=min_score,
                with_payload=_wanted(fields),
            ),
            absent=UnknownArtwork(query) if isinstance(query, str) else None,
        )
        return _hits(answer)

    def _blended(
        self,
        blend: Blend,
        where: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None,
    ) -> list[Hit]:
        lenses, breadth, point = list(blend.shares), blend.breadth(skip + limit), blend.point
        if isinstance(point, str):
            where = where.without(HasId([point]))
        nearest = {lens: point if isinstance(point, str) else point[lens].tolist() for lens in lenses}
        # Only what is gathered is filtered; where it goes from there, nothing joins it.
        asked, params = server_filter(where), _FILTERED if where.must else None
        gathered = [
            models.Prefetch(query=nearest[lens], using=lens, limit=breadth, filter=asked, params=params)
            for lens in lenses
        ]
        scored = [
            models.Prefetch(query=nearest[lens], using=lens, limit=breadth * len(lenses), prefetch=gathered)
            for lens in lenses
        ]
        answer = self.ask(
            lambda: self.client.query_points(
                self.collection,
                query=server_formula(blend),
                prefetch=scored,
                offset=skip,
                limit=limit,
                score_threshold=min_score,
                with_payload=_wanted(fields),
            ),
            absent=UnknownArtwork(point) if isinstance(point, str) else None,
        )
        return _hits(answer)

    def newest(self, where: Where, skip: int, limit: int, *, backwards: bool = False) -> list[Payload]:
        """Return payloads by falling `order`, or by rising if backwards."""
        answer = self.ask(
            lambda: self.client.query_points(
                self.collection,
                query=_by_order(backwards),
                query_filter=server_filter(where),
                offset=skip,
                limit=limit,
                with_payload=not skip,
            )
        )
        if not skip:
            return [point.payload or {} for point in answer.points]
        # The engine would read the payloads of what it skips.
        found = self.payloads([str(point.id) for point in answer.points])
        return [found[str(point.id)] for point in answer.points if str(point.id) in found]

    def newest_of_each(self, wheres: Sequence[Where]) -> list[Payload | None]:
        """Return the newest point of each."""
        requests = [
            models.QueryRequest(
                query=_by_order(backwards=False), filter=server_filter(where), limit=1, with_payload=True
            )
            for where in wheres
        ]
        answers = self.ask(lambda: self.client.query_batch_points(self.collection, requests))
        return [answer.points[0].payload if answer.points else None for answer in answers]

    def after(self, start: str | None, limit: int) -> tuple[list[Payload], str | None]:
        """Return payloads by rising id from `start`, and the id to go on with."""
        records, following = self.ask(
            lambda: self.client.scroll(self.collection, offset=start, limit=limit, with_payload=True)
        )
        return [record.payload or {} for record in records], None if following is None else str(following)

    def fields(self, where: Where, names: Sequence[str]) -> dict[str, Payload]:
        """Return these fields of all points that meet the conditions, by id."""
        found: dict[str, Payload] = {}
        start: Any = None
        while True:
            records, start = self.ask(partial(self._few, where, names, start))
            found |= {str(record.id): record.payload or {} for record in records}
            if start is None:
                return found

    def _few(self, where: Where, names: Sequence[str], start: Any) -> tuple[list[models.Record], Any]:
        return self.client.scroll(
            self.collection,
            scroll_filter=server_filter(where),
            offset=start,
            limit=MOST_AT_ONCE,
            with_payload=list(names),
        )

    def count(self, where: Where) -> int:
        """Return how many points there are."""
        return self.ask(lambda: self.client.count(self.collection, count_filter=server_filter(where), exact=True)).count

    def facet(self, field: str, where: Where, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of a keyword field with their counts."""
        answer = self.ask(
            lambda: self.client.facet(
                self.collection, field, facet_filter=server_filter(where), limit=limit, exact=True
            )
        )
        # A value that no work has any more is still known to the index.
        return [(str(hit.value), hit.count) for hit in answer.hits if hit.count]

    def indexed(self) -> int:
        """Return how many vectors are in the graph."""
        self.card()
        return self.info().indexed_vectors_count or 0


# Where a filter leaves too many for exact search, ACORN walks the graph past the points it excludes.
_FILTERED = models.SearchParams(acorn=models.AcornSearchParams(enable=True))


def _asked(query: str | Vector | Taste) -> str | list[float] | models.RecommendQuery:
    if isinstance(query, Taste):
        examples = models.RecommendInput(
            positive=query.likes.tolist(),
            negative=query.dislikes.tolist(),
            strategy=models.RecommendStrategy.BEST_SCORE,
        )
        return models.RecommendQuery(recommend=examples)
    return query if isinstance(query, str) else list(query.tolist())


def _by_order(backwards: bool) -> models.OrderByQuery:
    direction = models.Direction.ASC if backwards else models.Direction.DESC
    return models.OrderByQuery(order_by=models.OrderBy(key=ORDER, direction=direction))


def _wanted(fields: Sequence[str] | None) -> bool | list[str]:
    return True if fields is None else list(fields) or False


def _hits(answer: models.QueryResponse) -> list[Hit]:
    return [Hit(str(point.id), point.score, point.payload or {}) for point in answer.points]
