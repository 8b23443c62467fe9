"""Decoded pictures into the collection: batches through the network, as many at a time as the encoder has lanes."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from indexer.encoder import Encoded, Encoder
from indexer.errors import StoreError
from indexer.lenses.features import Features, features_of
from indexer.lenses.keeping import Lenses
from indexer.pipeline.outcome import Hold, holding_none
from indexer.preprocess import Pixels, normalise
from indexer.seeing.reading import read, with_seen
from indexer.store import ArtworkStore
from indexer.store.model import Artwork

_Batch = list[tuple[Artwork | str, Pixels]]
_Made = tuple[Encoded, list[Features]]


class Embedding:
    """Takes pictures while it is open and stores them.

    `stored` is told how many more are safe, of how many that were so before the features are now, and how many were
    held, which are not stored. Leaving it stores what is under way, also when an error or Ctrl-C is the reason.
    """

    def __init__(
        self,
        encoder: Encoder,
        store: ArtworkStore,
        size: int,
        stored: Callable[[int, int, int], None],
        lenses: Lenses | None = None,
        hold: Hold = holding_none,
    ) -> None:
        self._hold = hold
        self._encoder, self._store, self._size, self._stored = encoder, store, size, stored
        self._lenses = lenses
        self._lanes = ThreadPoolExecutor(encoder.lanes, thread_name_prefix="lane")
        self._batch: _Batch = []
        self._under_way: deque[tuple[_Batch, Future[_Made]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # A store that has just failed would fail again.
            if not isinstance(error, StoreError):
                self._start()
                self._finish(leave=0)
        finally:
            self._lanes.shutdown(cancel_futures=True)

    def add(self, artwork: Artwork | str, pixels: Pixels) -> None:
        """Take a picture; may wait for a batch and store it. Raises `StoreError`, `DerivedError` and `BackboneError`.

        Of a work that is stored already, by its sha256, only the features are made anew.
        """
        self._batch.append((artwork, pixels))
        if len(self._batch) >= self._size:
            self._start()
        # One more than there are lanes, so that no lane ever waits for us.
        self._finish(leave=self._encoder.lanes)

    def _start(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._under_way.append((batch, self._lanes.submit(self._encode, batch)))

    def _encode(self, batch: _Batch) -> _Made:
        pictures = [pixels for _, pixels in batch]
        made = self._encoder.encode(normalise(pictures, self._encoder.normalisation))
        if self._lenses is None or made.observed is None:
            return made, []
        return made, features_of(made.observed, pictures)

    def _finish(self, leave: int) -> None:
        while len(self._under_way) > leave or (self._under_way and self._under_way[0][1].done()):
            batch, encoded = self._under_way.popleft()
            made, features = encoded.result()
            self._keep(batch, features)
            works = {row: work for row, (work, _) in enumerate(batch) if not isinstance(work, str)}
            count, held = self._add(works, made, features) if works else (0, 0)
            self._stored(count, len(batch) - len(works), held)

    def _add(self, works: Mapping[int, Artwork], made: Encoded, features: Sequence[Features]) -> tuple[int, int]:
        """Store new works, by their rows in the batch, but those that are held; return how many are what."""
        rows = [*works]
        others = self._lenses.vectors([features[row] for row in rows]) if self._lenses and features else {}
        vectors = {lens: each[rows] for lens, each in made.vectors.items()} | others
        held = self._hold([*works.values()], vectors)
        passed = [at for at, row in enumerate(rows) if works[row].sha256 not in held]
        if passed:
            seen = read(made.scores, self._encoder.card.backbone)
            shown = [with_seen(works[rows[at]], seen[rows[at]]) for at in passed]
            self._store.add(shown, {lens: each[passed] for lens, each in vectors.items()})
        return len(passed), len(held)

    def _keep(self, batch: _Batch, features: list[Features]) -> None:
        # First, so that a work is never stored without them.
        if self._lenses is not None and features:
            for (work, _), each in zip(batch, features, strict=True):
                self._lenses.keep(work if isinstance(work, str) else work.sha256, each)
            again = sum(isinstance(work, str) for work, _ in batch)
            self._lenses.note(again if self._lenses.statistics is not None else len(batch))
