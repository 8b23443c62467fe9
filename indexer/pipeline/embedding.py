"""Decoded pictures into the collection: batches through the network, as many at a time as the encoder has lanes."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from indexer.encoder import Encoded, Encoder
from indexer.errors import StoreError
from indexer.preprocess import Pixels, normalise
from indexer.seeing.reading import read, with_seen
from indexer.store import ArtworkStore
from indexer.store.model import Artwork

_Batch = list[tuple[Artwork, Pixels]]


class Embedding:
    """Takes pictures while it is open and stores them; `stored` is told how many more are safe.

    Leaving it stores what is under way, also when an error or Ctrl-C is the reason.
    """

    def __init__(self, encoder: Encoder, store: ArtworkStore, size: int, stored: Callable[[int], None]) -> None:
        self._encoder, self._store, self._size, self._stored = encoder, store, size, stored
        self._lanes = ThreadPoolExecutor(encoder.lanes, thread_name_prefix="lane")
        self._batch: _Batch = []
        self._under_way: deque[tuple[_Batch, Future[Encoded]]] = deque()

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

    def add(self, artwork: Artwork, pixels: Pixels) -> None:
        """Take a picture; may wait for a batch and store it. Raises `StoreError` and `BackboneError`."""
        self._batch.append((artwork, pixels))
        if len(self._batch) >= self._size:
            self._start()
        # One more than there are lanes, so that no lane ever waits for us.
        self._finish(leave=self._encoder.lanes)

    def _start(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._under_way.append((batch, self._lanes.submit(self._encode, batch)))

    def _encode(self, batch: _Batch) -> Encoded:
        return self._encoder.encode(normalise([pixels for _, pixels in batch], self._encoder.normalisation))

    def _finish(self, leave: int) -> None:
        while len(self._under_way) > leave or (self._under_way and self._under_way[0][1].done()):
            batch, encoded = self._under_way.popleft()
            made = encoded.result()
            seen = read(made.scores, self._encoder.card.backbone)
            artworks = [with_seen(artwork, each) for (artwork, _), each in zip(batch, seen, strict=True)]
            self._store.add(artworks, made.vectors)
            self._stored(len(batch))
