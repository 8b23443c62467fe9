"""The desk where pictures are handed in: one is looked at at a time, a few may wait, and more are sent away.

Both processes start with the first picture and stay; one that is lost over a picture is replaced for the next.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from threading import BoundedSemaphore, Lock

import numpy as np

from indexer.child import READY, Child, ChildLost
from indexer.lookup.errors import LookupBusy, LookupFailed
from indexer.lookup.network import Order, apart
from indexer.lookup.question import Box, Seen, Sight, unit
from indexer.lookup.reader import question_of
from indexer.preprocess import SIDE, Pixels
from indexer.store.model import Vector
from scraper.errors import PictureError
from scraper.inspector import environment

SECONDS = 10.0
"""Time that decoding one picture may take."""

_LOADING, _STARTING, _LOOKING = 180.0, 30.0, 20.0
_BASE_MEMORY = 768 * 2**20
_MEMORY_PER_PIXEL = 24
# Where torch's cache lies, and how many cores it may take.
_FOR_TORCH = ("TORCH_HOME", "XDG_CACHE_HOME", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")


class Desk:
    """Looks at pictures of at most `max_pixels`, of which `waiting` may stand in line behind the one being looked at.

    `order` says, when it is needed, which network the collection was made with.
    """

    def __init__(self, order: Callable[[], Order], *, max_pixels: int, waiting: int) -> None:
        self._order, self._waiting = order, waiting
        memory = _BASE_MEMORY + _MEMORY_PER_PIXEL * max_pixels
        self._limits = [str(number) for number in (max_pixels, SECONDS, memory)]
        self._line, self._turn = BoundedSemaphore(waiting + 1), Lock()
        self._reader: Child | None = None
        self._network: tuple[Order, Child] | None = None

    def look(self, content: bytes, box: Box) -> Sight:
        """Return what is to be seen in a picture and the vectors of its detail.

        Raises `PictureError` for bytes that are no usable picture, `LookupBusy` when too many wait, and
        `LookupFailed` when there is no network to look with.
        """
        if not content:
            raise PictureError("not-a-picture", "the file is empty")
        if not self._line.acquire(blocking=False):
            raise LookupBusy(self._waiting + 1)
        try:
            with self._turn:
                seen = self._read(content, box)
                return Sight(seen, self._vectors(seen.pixels))
        finally:
            self._line.release()

    @property
    def processes(self) -> list[int]:
        """Numbers of the processes that run."""
        children = [self._reader, self._network[1] if self._network else None]
        return [child.pid for child in children if child is not None and child.alive]

    def close(self) -> None:
        """End the processes, once nobody is looked after any more."""
        with self._turn:
            for child in (self._reader, self._network[1] if self._network else None):
                if child is not None:
                    child.end()
            self._reader = self._network = None

    def _read(self, content: bytes, box: Box) -> Seen:
        reader = self._reader = self._reader or self._started()
        try:
            said = reader.ask(question_of(content, box), SECONDS + _LOOKING)
        except ChildLost as lost:
            self._reader = None
            if lost.too_slow:
                raise PictureError("too-slow", "decoding it took longer than is allowed") from lost
            raise PictureError("decoder-crashed", f"the decoder ended with {lost}") from lost
        return _seen(said, content)

    def _started(self) -> Child:
        child = Child("indexer.lookup.reader", self._limits)
        try:
            child.answer(_STARTING)
        except ChildLost as lost:
            raise LookupFailed(f"the process that decodes ended with {lost} as it started") from lost
        return child

    def _vectors(self, pixels: Pixels) -> dict[str, Vector]:
        order, network = self._with_network()
        try:
            said = network.ask(pixels.tobytes(), _LOOKING)
        except ChildLost as lost:
            self._network = None
            raise LookupFailed(f"the process with the network ended with {lost}") from lost
        vectors = apart(np.frombuffer(said, np.float32), order.stored)
        return {lens: unit(vector) for lens, vector in vectors.items()}

    def _with_network(self) -> tuple[Order, Child]:
        order = self._order()
        if self._network is not None:
            known, child = self._network
            if known == order and child.alive:
                return order, child
            child.end()
            self._network = None
        known_to_it = environment() | {name: os.environ[name] for name in _FOR_TORCH if name in os.environ}
        child = Child("indexer.lookup.network", known=known_to_it)
        try:
            said = child.ask(pickle.dumps(order), _LOADING)
        except ChildLost as lost:
            raise LookupFailed(f"the process with the network ended with {lost} as it started") from lost
        if said != READY:
            child.end()
            raise LookupFailed(said.decode(errors="replace"))
        self._network = order, child
        return self._network


def _seen(said: bytes, content: bytes) -> Seen:
    """Return what the reader said, which a hostile picture may have written: nothing of it is believed unseen."""
    head, _, rest = said.partition(b"\n")
    answer = json.loads(head)
    if "kind" in answer:
        raise PictureError(str(answer["kind"]), str(answer["detail"]))
    end = int(answer["bytes"])
    if answer["sha256"] != hashlib.sha256(content).hexdigest() or len(rest) - end != SIDE * SIDE * 3:
        raise PictureError("decoder-crashed", "the decoder answered for another picture")
    (width, height), (shown_width, shown_height) = answer["size"], answer["shown"]
    return Seen(
        answer["sha256"],
        int(width),
        int(height),
        tuple(f"{int(look, 16):016x}" for look in answer["looks"]),
        rest[:end],
        int(shown_width),
        int(shown_height),
        np.frombuffer(rest, np.uint8, offset=end).reshape(SIDE, SIDE, 3),
    )
