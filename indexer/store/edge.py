"""The embedded engine: Qdrant Edge, in our own process, its data in one folder."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from uuid import uuid4

import numpy as np
import qdrant_edge as qe

from indexer.errors import StoreClosed, StoreDamaged, StoreMissing, UnknownArtwork
from indexer.store.conditions import ORDER, HasId, Where
from indexer.store.edge_terms import edge_filter, field_indexes, shard_config
from indexer.store.engine import Hit
from indexer.store.lock import FolderLock
from indexer.store.manifest import Manifest, read_manifest, remove_manifest, write_manifest
from indexer.store.model import ModelCard, Vector
from indexer.store.payload import Payload

BATCH = 256
"""Points in one write: some MB of the engine's log."""

FLUSH_SECONDS = 5.0
"""What the process wrote survives its end at once, a power failure after so many seconds of writing."""

SPARE_BYTES = 192 * 2**20
"""Its files grow by 32 MB at a time and are mapped: touching a page that the disk has no room for ends the process."""


class EdgeEngine:
    """An `Engine` in a folder that one process holds at a time; threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Open the collection if there is one; raise `StoreLocked` or `StoreDamaged`."""
        self.name, self.where, self._folder = f"Qdrant Edge {version('qdrant-edge-py')}", str(folder), folder
        self._guard = RLock()
        self._lock: FolderLock | None = None
        self._open: tuple[qe.EdgeShard, ModelCard] | None = None
        self._closed = False
        self._flushed = 0.0
        if read_manifest(folder) is not None:
            self._opened()

    def card(self) -> ModelCard:
        """Return which model made the collection."""
        return self._opened()[1]

    def create(self, card: ModelCard) -> None:
        """Create the collection with its payload indexes, or add the indexes that one lacks."""
        with self._guard, self._translated():
            self._hold()
            if read_manifest(self._folder) is None:
                self._make(card)
            shard, _ = self._opened()
            known = shard.info().payload_schema
            for field, parameters in field_indexes():
                if field not in known:
                    shard.update(qe.UpdateOperation.create_field_index(field, parameters))

    def drop(self) -> None:
        """Remove the collection, if there is one."""
        with self._guard, self._translated():
            if read_manifest(self._folder) is None:
                return
            self._hold()
            if self._open is not None:
                self._open[0].close()
                self._open = None
            remove_manifest(self._folder)
            self._sweep(keep=None)

    def upsert(self, ids: Sequence[str], vectors: Mapping[str, Vector], payloads: Sequence[Payload]) -> None:
        """Store points whole, replacing those there are."""
        for start in range(0, len(ids), BATCH):
            rows = range(start, min(start + BATCH, len(ids)))
            points = [
                qe.Point(ids[row], {lens: rows_of[row].tolist() for lens, rows_of in vectors.items()}, payloads[row])
                for row in rows
            ]
            self._write([qe.UpdateOperation.upsert_points(points)])

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
        self._write(operations)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""
        self._write([qe.UpdateOperation.delete_points(list(ids))])

    def payloads(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Return the payloads, or these fields of them, of those ids that are stored."""
        shard, _ = self._opened()
        with self._translated():
            records = shard.retrieve(list(ids), _wanted(fields), False)
        return {str(record.id): record.payload or {} for record in records}

    def vectors(self, ids: Sequence[str], lens: str) -> dict[str, Vector]:
        """Return the vectors of those ids that are stored."""
        shard, _ = self._opened()
        with self._translated():
            records = shard.retrieve(list(ids), False, [lens])
        return {str(record.id): _vector(record.vector, lens) for record in records}

    def nearest(
        self,
        query: str | Vector,
        lens: str,
        where: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None = None,
    ) -> list[Hit]:
        """Return the nearest points, best first, with these fields (None: all)."""
        if not isinstance(query, str):
            return self._search(query, lens, where, skip, limit, min_score, fields)
        own = self.vectors([query], lens)
        if query not in own:
            raise UnknownArtwork(query)
        if skip:
            return self._search(own[query], lens, where.without(HasId([query])), skip, limit, min_score, fields)
        # From the top it is cheaper to ask for one more than to filter every candidate by its id.
        hits = self._search(own[query], lens, where, 0, limit + 1, min_score, fields)
        return [hit for hit in hits if hit.id != query][:limit]

    def newest(self, where: Where, skip: int, limit: int, *, backwards: bool = False) -> list[Payload]:
        """Return payloads by falling `order`, or by rising if backwards."""
        shard, _ = self._opened()
        order = qe.OrderBy(ORDER, qe.Direction.Asc if backwards else qe.Direction.Desc)
        request = qe.QueryRequest(
            limit, offset=skip, query=order, filter=edge_filter(where), with_payload=not skip, with_vector=False
        )
        with self._translated():
            points = shard.query(request)
        if not skip:
            return [point.payload or {} for point in points]
        # The engine would read the payloads of what it skips.
        found = self.payloads([str(point.id) for point in points])
        return [found[str(point.id)] for point in points if str(point.id) in found]

    def newest_of_each(self, wheres: Sequence[Where]) -> list[Payload | None]:
        """Return the newest point of each."""
        shard, _ = self._opened()
        order = qe.OrderBy(ORDER, qe.Direction.Desc)
        requests = [
            qe.QueryRequest(1, query=order, filter=edge_filter(where), with_payload=True, with_vector=False)
            for where in wheres
        ]
        with self._translated():
            answers = shard.query_batch(qe.QueryBatchRequest(requests))
        return [points[0].payload if points else None for points in answers]

    def after(self, start: str | None, limit: int) -> tuple[list[Payload], str | None]:
        """Return payloads by rising id from `start`, and the id to go on with."""
        shard, _ = self._opened()
        with self._translated():
            records, following = shard.scroll(
                qe.ScrollRequest(offset=start, limit=limit, with_payload=True, with_vector=False)
            )
        return [record.payload or {} for record in records], None if following is None else str(following)

    def count(self, where: Where) -> int:
        """Return how many points there are."""
        shard, _ = self._opened()
        with self._translated():
            return shard.count(qe.CountRequest(exact=True, filter=edge_filter(where)))

    def facet(self, field: str, where: Where, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of a keyword field with their counts."""
        shard, _ = self._opened()
        with self._translated():
            answer = shard.facet(qe.FacetRequest(field, limit=limit, exact=True, filter=edge_filter(where)))
        return [(str(hit.value), hit.count) for hit in answer.hits]

    def indexed(self) -> int:
        """Return how many vectors are in the graph."""
        shard, _ = self._opened()
        with self._translated():
            return shard.info().indexed_vectors_count

    def optimize(self) -> None:
        """Build the graph over new points; no other thread of the process runs meanwhile."""
        shard, _ = self._opened()
        with self._guard, self._translated():
            shard.optimize()
            shard.flush()

    def close(self) -> None:
        """Flush and let go; nothing happens the second time."""
        with self._guard, self._translated():
            self._closed = True
            opened, self._open = self._open, None
            try:
                if opened is not None:
                    opened[0].close()
            finally:
                self._release()

    def _opened(self) -> tuple[qe.EdgeShard, ModelCard]:
        opened = self._open
        return opened if opened is not None else self._load()

    def _load(self) -> tuple[qe.EdgeShard, ModelCard]:
        with self._guard, self._translated():
            if self._closed:
                raise StoreClosed(self.where)
            if self._open is not None:
                return self._open
            if read_manifest(self._folder) is None:
                raise StoreMissing(self.where)
            self._hold()
            try:
                # Read again: whoever held the folder until now may have changed it.
                manifest = read_manifest(self._folder)
                if manifest is None:
                    raise StoreMissing(self.where)
                self._open = qe.EdgeShard.load(str(self._folder / manifest.shard)), manifest.card
            finally:
                if self._open is None:
                    self._release()
            self._sweep(keep=manifest.shard)
            return self._open

    def _make(self, card: ModelCard) -> None:
        self._sweep(keep=None)
        self._make_room(0)
        name = f"shard-{uuid4().hex[:12]}"
        shard = qe.EdgeShard.create(str(self._folder / name), shard_config(card))
        for field, parameters in field_indexes():
            shard.update(qe.UpdateOperation.create_field_index(field, parameters))
        shard.flush()
        write_manifest(self._folder, Manifest(card, name))
        self._open = shard, card

    def _write(self, operations: Sequence[qe.UpdateOperation]) -> None:
        shard, card = self._opened()
        # One writer at a time: flushing while another thread writes makes the engine panic.
        with self._guard, self._translated():
            self._make_room(BATCH * sum(card.widths.values()) * 8)
            for operation in operations:
                shard.update(operation)
            if time.monotonic() - self._flushed > FLUSH_SECONDS:
                shard.flush()
                self._flushed = time.monotonic()

    def _make_room(self, size: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < SPARE_BYTES + size:
            raise StoreDamaged(self._folder, f"the disk is full ({free >> 20} MB left, {SPARE_BYTES >> 20} MB needed)")

    def _hold(self) -> None:
        if self._closed:
            raise StoreClosed(self.where)
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self._folder)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _sweep(self, keep: str | None) -> None:
        # What a process left that ended while it made or removed a collection.
        for folder in self._folder.glob("shard-*"):
            if folder.name != keep:
                shutil.rmtree(folder)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreDamaged(self._folder, error.strerror or str(error)) from error
        except BaseException as error:
            # The driver raises Exception itself, and a panic of it isn't even that; all else is not its doing.
            if type(error) is not Exception and type(error).__name__ != "PanicException":
                raise
            if self._closed:
                raise StoreClosed(self.where) from error
            raise StoreDamaged(self._folder, f"the engine failed ({error})") from error

    def _search(
        self,
        query: Vector,
        lens: str,
        where: Where,
        skip: int,
        limit: int,
        min_score: float | None,
        fields: Sequence[str] | None,
    ) -> list[Hit]:
        shard, _ = self._opened()
        request = qe.QueryRequest(
            limit,
            offset=skip,
            query=qe.Query.Nearest(query.tolist(), using=lens),
            filter=edge_filter(where),
            params=_FILTERED if where.must or where.must_not else None,
            score_threshold=min_score,
            with_payload=_wanted(fields),
            with_vector=False,
        )
        with self._translated():
            points = shard.query(request)
        return [Hit(str(point.id), point.score, point.payload or {}) for point in points]


# Where a filter leaves too many for exact search, ACORN walks the graph past the points it excludes.
_FILTERED = qe.SearchParams(acorn=qe.AcornSearchParams(enable=True))


def _wanted(fields: Sequence[str] | None) -> bool | list[str]:
    return True if fields is None else list(fields) or False


def _vector(named: object, lens: str) -> Vector:
    assert isinstance(named, dict), "a point has its vectors by the names of their lenses"
    return np.asarray(named[lens], dtype=np.float32)
