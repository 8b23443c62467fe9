"""The process that indexes for another: `python -m indexer.pipeline.apart_process`, started by `apart`.

Its stdin is a socket over which the order comes; the collection is asked for over the same one.
"""

import os
import signal
from collections.abc import Collection, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from threading import Condition, Event, Lock, Thread
from typing import Any, cast

from indexer.errors import IndexerError
from indexer.pipeline.apart import Order
from indexer.pipeline.outcome import Measuring
from indexer.pipeline.run import index
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, ModelCard, StoreStats, Vector
from indexer.weights import find_weights
from scraper.errors import ScraperError
from scraper.library import Library
from scraper.priority import step_back

# Pages go first: they are answered by the process that started this one.
_NICE = 10


class _Wire:
    """The line to the parent: answers come to whoever asked, "stop" sets `stop`, a hang-up ends the process."""

    def __init__(self, wire: Connection) -> None:
        self._wire, self.stop = wire, Event()
        self._asking, self._sending = Lock(), Lock()
        self._news = Condition()
        self._answer: list[Any] = []
        self.order: Order = wire.recv()
        Thread(target=self._listen, name="wire", daemon=True).start()

    def send(self, message: Any) -> None:
        """Tell the parent something."""
        with self._sending:
            self._wire.send(message)

    def ask(self, name: str, *arguments: Any) -> Any:
        """Have the parent call its store and return what that says."""
        with self._asking, self._news:
            self.send(("ask", name, arguments))
            self._news.wait_for(lambda: self._answer)
            return self._answer.pop()

    def _listen(self) -> None:
        while True:
            try:
                message = self._wire.recv()
            except (EOFError, OSError):
                # Nobody is left to index for; what has been stored is stored.
                os.killpg(0, signal.SIGKILL)
            if message == "stop":
                self.stop.set()
                continue
            with self._news:
                self._answer.append(message[1])
                self._news.notify_all()


class _DistantStore:
    """The part of an `ArtworkStore` that the pipeline uses, over the wire."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def prepare(self, card: ModelCard) -> None:
        self._wire.ask("prepare", card)

    def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        return cast("dict[str, int]", self._wire.ask("revisions", ids))

    def add(self, artworks: Sequence[Artwork], vectors: Mapping[str, Vector]) -> None:
        self._wire.ask("add", artworks, vectors)

    def marks(self, ids: Sequence[str]) -> dict[str, str]:
        return cast("dict[str, str]", self._wire.ask("marks", ids))

    def extend(self, widths: Mapping[str, int], statistics: str) -> None:
        self._wire.ask("extend", widths, statistics)

    def set_vectors(self, ids: Sequence[str], vectors: Mapping[str, Vector]) -> None:
        self._wire.ask("set_vectors", ids, vectors)

    def vectors(self, ids: Sequence[str]) -> Vector:
        return cast(Vector, self._wire.ask("vectors", ids))

    def set_fields(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        self._wire.ask("set_fields", changes)

    def delete(self, ids: Sequence[str]) -> None:
        self._wire.ask("delete", ids)

    def stats(self) -> StoreStats:
        return cast(StoreStats, self._wire.ask("stats"))

    def get_many(self, ids: Sequence[str]) -> dict[str, Artwork]:
        return cast("dict[str, Artwork]", self._wire.ask("get_many", ids))

    def scan(self) -> Iterator[list[Artwork]]:
        yield from self._wire.ask("scan")


def _measuring(wire: _Wire) -> Measuring | None:
    known = wire.order.measured
    return None if known is None else Measuring(known, lambda measures: cast(None, wire.ask("note", measures)))


def main() -> None:
    """Index as ordered and say what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    step_back(_NICE)
    wire = _Wire(Connection(os.dup(0)))
    order = wire.order
    try:
        weights = find_weights(
            order.backbone, order.weights, lambda said: wire.send(("notice", said)), stored=order.stored
        )
        outcome = index(
            Library(order.library),
            cast(ArtworkStore, _DistantStore(wire)),
            weights.model(order.device),
            order.thumbnails,
            max_pixels=order.max_pixels,
            batch_size=order.batch_size,
            decoders=order.decoders,
            amended=order.amended,
            stopped=wire.stop.is_set,
            watch=wire.send,
            statistics=order.statistics,
            hold=lambda works, vectors: cast("Collection[str]", wire.ask("hold", works, vectors)),
            measuring=_measuring(wire),
        )
    except (IndexerError, ScraperError) as error:
        wire.send(("failed", type(error).__name__, str(error)))
    else:
        wire.send(outcome)


if __name__ == "__main__":
    main()
