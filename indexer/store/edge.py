"""The embedded engine: Qdrant Edge, in our own process, its data in one folder."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast

import numpy as np
import qdrant_edge as qe

from indexer.errors import NoVector, UnknownArtwork
from indexer.store.blend import Blend
from indexer.store.conditions import EVERYTHING, ORDER, HasId, Where
from indexer.store.edge_aside import EdgeAside
from indexer.store.edge_terms import edge_filter, edge_formula
from indexer.store.engine import MOST_AT_ONCE, Hit, Query
from indexer.store.model import Vector
from indexer.store.payload import Payload
from indexer.store.taste import Taste

BATCH = 256
"""Points in one write: some MB of the engine's log."""

# Where a filter leaves too many for exact search, ACORN walks the graph past the points it excludes.
_FILTERED = qe.SearchParams(acorn=qe.AcornSearchParams(enable=True))


class EdgeEngine(EdgeAside):
    """An `Engine` in a folder that one process holds at a time; threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Open the collection if there is one; raise `StoreLocked` or `StoreDamaged`."""
        super().__init__(folder)
        self.name, self.where = f"Qdrant Edge {version('qdrant-edge-py')}", str(folder)

    def upsert(self, ids: Sequence[str], vectors: Mapping[str, Vector], payloads: Sequence[Payload]) -> None:
        """Store points whole, replacing those there are."""
        for start in range(0, len(ids), BATCH):
            rows = range(start, min(start + BATCH, len(ids)))
            points = [
                qe.Point(ids[row], {lens: array[row].tolist() for lens, array in vectors.items()}, payloads[row])
                for row in rows
            ]
            numbers = len(rows) * sum(array.shape[1] for array in vectors.values())
            # In the log a number takes 5 bytes, in its file 2.
            self.write([qe.UpdateOperation.upsert_points(points)], 7 * numbers)

    def set_vectors(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> None:
        """Set vectors of stored points, leaving those of other lenses; raise `UnknownArtwork` if one is not stored."""
        stored = self.payloads(ids, ())
        for artwork_id in ids:
            if artwork_id not in stored:
                raise UnknownArtwork(artwork_id)
        for start in range(0, len(ids), BATCH):
            rows = range(start, min(start + BATCH, len(ids)))
            points = [
                qe.PointVectors(ids[row], {lens: array[row].tolist() for lens, array in vectors.items()})
                for row in rows
            ]
            numbers = len(rows) * sum(array.shape[1] for array in vectors.values())
            self.write([qe.UpdateOperation.update_vectors(points)], 7 * numbers)

    def set_payload(self, changes: Mapping[str, Payload]) -> None:
        """Set payload fields of stored points; None removes a field."""
        operations = []
        for point, values in changes.items():
            kept = {field: value for field, value in values.items() if value is not None}
            if kept:
                operations.append(qe.UpdateOperation.set_payload([point], kept))
            if len(kept) < len(values):
                gone = [field for field in values if field not in kept]
                operations.append(qe.UpdateOperation.delete_payload([point], gone))
        self.write(operations)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""
        self.write([qe.UpdateOperation.delete_points(list(ids))])

    def payloads(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Return the payloads, or these fields of them, of those ids that are stored."""
        with self.shard() as shard:
            records = shard.retrieve(list(ids), _wanted(fields), False)
        return {str(record.id): record.payload or {} for record in records}

    def vectors(self, ids: Sequence[str], lens: str) -> dict[str, Vector]:
        """Return the vectors of those ids that are stored and have one in this lens."""
        found = self._lists(ids, [lens])
        return {point: np.asarray(own[lens], dtype=np.float32) for point, own in found.items() if lens in own}

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
        if isinstance(query, Taste):
            examples = qe.RecommendQuery(positives=query.likes.tolist(), negatives=query.dislikes.tolist())
            taste = qe.Query.RecommendBestScore(examples, using=lens)
            return self._search(taste, where, skip, limit, min_score, fields)
        if isinstance(query, Blend):
            return self._blended(query, where, skip, limit, min_score, fields)
        if not isinstance(query, str):
            vector = qe.Query.Nearest(query.tolist(), using=lens)
            return self._search(vector, where, skip, limit, min_score, fields)
        own = qe.Query.Nearest(self._own(query, [lens])[lens], using=lens)
        if skip:
            return self._search(own, where.without(HasId([query])), skip, limit, min_score, fields)
        # From the top it is cheaper to ask for one more than to filter every candidate by its id.
        hits = self._search(own, where, 0, limit + 1, min_score, fields)
        return [hit for hit in hits if hit.id != query][:limit]

    def newest(self, where: Where, skip: int, limit: int, *, backwards: bool = False) -> list[Payload]:
        """Return payloads by falling `order`, or by rising if backwards."""
        order = qe.OrderBy(ORDER, qe.Direction.Asc if backwards else qe.Direction.Desc)
        request = qe.QueryRequest(
            limit, offset=skip, query=order, filter=edge_filter(where), with_payload=not skip, with_vector=False
        )
        with self.shard() as shard:
            points = shard.query(request)
        if not skip:
            return [point.payload or {} for point in points]
        # The engine would read the payloads of what it skips.
        found = self.payloads([str(point.id) for point in points])
        return [found[str(point.id)] for point in points if str(point.id) in found]

    def newest_of_each(self, wheres: Sequence[Where]) -> list[Payload | None]:
        """Return the newest point of each."""
        order = qe.OrderBy(ORDER, qe.Direction.Desc)
        requests = [
            qe.QueryRequest(1, query=order, filter=edge_filter(where), with_payload=True, with_vector=False)
            for where in wheres
        ]
        with self.shard() as shard:
            answers = shard.query_batch(qe.QueryBatchRequest(requests))
        return [points[0].payload if points else None for points in answers]

    def after(self, start: str | None, limit: int) -> tuple[list[Payload], str | None]:
        """Return payloads by rising id from `start`, and the id to go on with."""
        with self.shard() as shard:
            records, following = shard.scroll(
                qe.ScrollRequest(offset=start, limit=limit, with_payload=True, with_vector=False)
            )
        return [record.payload or {} for record in records], None if following is None else str(following)

    def fields(self, where: Where, names: Sequence[str]) -> dict[str, Payload]:
        """Return these fields of all points that meet the conditions, by id."""
        found: dict[str, Payload] = {}
        start: str | None = None
        while True:
            request = qe.ScrollRequest(
                offset=start,
                limit=MOST_AT_ONCE,
                filter=edge_filter(where),
                with_payload=list(names),
                with_vector=False,
            )
            with self.shard() as shard:
                records, following = shard.scroll(request)
            found |= {str(record.id): record.payload or {} for record in records}
            if following is None:
                return found
            start = str(following)

    def count(self, where: Where) -> int:
        """Return how many points there are."""
        with self.shard() as shard:
            if where == EVERYTHING:
                return shard.info().points_count
            return shard.count(qe.CountRequest(exact=True, filter=edge_filter(where)))

    def facet(self, field: str, where: Where, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of a keyword field with their counts."""
        with self.shard() as shard:
            answer = shard.facet(qe.FacetRequest(field, limit=limit, exact=True, filter=edge_filter(where)))
        # A value that no work has any more is still known to the index.
        return [(str(hit.value), hit.count) for hit in answer.hits if hit.count]

    def indexed(self) -> int:
        """Return how many vectors are in the graph."""
        with self.shard() as shard:
            return shard.info().indexed_vectors_count

    def _lists(self, ids: Sequence[str], lenses: Sequence[str]) -> dict[str, dict[str, list[float]]]:
        with self.shard() as shard:
            records = shard.retrieve(list(ids), False, list(lenses))
        # A point without any of these lenses has no vectors at all.
        return {str(record.id): cast("dict[str, list[float]]", record.vector or {}) for record in records}

    def _own(self, artwork_id: str, lenses: Sequence[str]) -> dict[str, list[float]]:
        own = self._lists([artwork_id], lenses).get(artwork_id)
        if own is None:
            raise UnknownArtwork(artwork_id)
        for lens in lenses:
            if lens not in own:
                raise NoVector(artwork_id, lens)
        return own

    def _blended(
        self,
        blend: Blend,
        where: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None,
    ) -> list[Hit]:
        lenses, breadth = list(blend.shares), blend.breadth(skip + limit)
        if isinstance(blend.point, str):
            own, where = self._own(blend.point, lenses), where.without(HasId([blend.point]))
        else:
            own = {lens: blend.point[lens].tolist() for lens in lenses}
        nearest = {lens: qe.Query.Nearest(own[lens], using=lens) for lens in lenses}
        # Only what is gathered is filtered; where it goes from there, nothing joins it.
        asked, params = edge_filter(where), _FILTERED if where.must else None
        gathered = [qe.Prefetch(breadth, query=nearest[lens], filter=asked, params=params) for lens in lenses]
        scored = [qe.Prefetch(breadth * len(lenses), query=nearest[lens], prefetches=gathered) for lens in lenses]
        return self._search(edge_formula(blend), EVERYTHING, skip, limit, min_score, fields, scored)

    def _search(
        self,
        query: qe.Query | qe.Formula,
        where: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None,
        prefetches: list[qe.Prefetch] | None = None,
    ) -> list[Hit]:
        request = qe.QueryRequest(
            limit,
            offset=skip,
            query=query,
            prefetches=prefetches,
            filter=edge_filter(where),
            params=_FILTERED if where.must or where.must_not else None,
            score_threshold=min_score,
            with_payload=_wanted(fields),
            with_vector=False,
        )
        with self.shard() as shard:
            points = shard.query(request)
        return [Hit(str(point.id), point.score, point.payload or {}) for point in points]


def _wanted(fields: Sequence[str] | None) -> bool | list[str]:
    return True if fields is None else list(fields) or False
