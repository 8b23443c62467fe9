"""Pictures decoded ahead of the model by processes, each with a thread that asks it and replaces it when it is lost."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock, Thread
from types import TracebackType
from typing import Self

from indexer.child import ChildLost
from indexer.pipeline.picture import Made, Task
from indexer.pipeline.process import DecoderProcess, NotMade, how_it_ended

_PATIENCE = 0.2
_TRIES = 2

Result = tuple[Task, Made | NotMade]


class Decoders:
    """Decodes tasks while it is open; iterating gives each with what was made of it, in no set order.

    At most `ahead` results wait, and pictures of at most `max_pixels` in all are decoded at a time.
    Iterating ends early when `stopped` says so. It raises `DerivedError` when a thumbnail cannot be
    written, `DecoderFailed` when a process does not start, and what `tasks` raises.
    """

    def __init__(
        self,
        tasks: Iterator[Task],
        thumbnails: Path,
        *,
        processes: int,
        ahead: int,
        max_pixels: int,
        stopped: Callable[[], bool],
    ) -> None:
        self._tasks, self._taking, self._stopped = tasks, Lock(), stopped
        self._hands = [_Hand(lambda: DecoderProcess(thumbnails, max_pixels)) for _ in range(processes)]
        self._threads = [Thread(target=self._work, args=[hand], name="decoder", daemon=True) for hand in self._hands]
        self._room = _Room(max_pixels)
        self._results: queue.Queue[Result | BaseException | None] = queue.Queue(ahead)
        self._closed = False

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for hand in self._hands:
            hand.let_go()
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[Result]:
        at_work = len(self._threads)
        while at_work and not self._stopped():
            try:
                result = self._results.get(timeout=_PATIENCE)
            except queue.Empty:
                continue
            if isinstance(result, BaseException):
                raise result
            if result is None:
                at_work -= 1
            else:
                yield result

    def _work(self, hand: "_Hand") -> None:
        try:
            while (task := self._next()) is not None:
                with self._room.of(task.width * task.height):
                    made = hand.decode(task)
                self._put((task, made))
        except BaseException as error:
            self._put(error)
        finally:
            hand.end()
            self._put(None)

    def _next(self) -> Task | None:
        with self._taking:
            return None if self._closed else next(self._tasks, None)

    def _put(self, result: Result | BaseException | None) -> None:
        while not self._closed:
            try:
                return self._results.put(result, timeout=_PATIENCE)
            except queue.Full:
                continue


class _Hand:
    """What one thread decodes with: a process at a time."""

    def __init__(self, new: Callable[[], DecoderProcess]) -> None:
        self._new, self._let_go = new, False
        self._process: DecoderProcess | None = None

    def decode(self, task: Task, tries: int = _TRIES) -> Made | NotMade:
        """Ask the process, and if that is lost a fresh one: something else may have ended the first."""
        self._process = process = self._process or self._new()
        try:
            return process.ask(task)
        except NotMade as problem:
            return problem
        except ChildLost as lost:
            self._process = None
            if tries == 1 or lost.too_slow or self._let_go:
                return NotMade(how_it_ended(lost))
        return self.decode(task, tries - 1)

    def let_go(self) -> None:
        """End whatever it is at, from another thread."""
        self._let_go = True
        if (process := self._process) is not None:
            process.kill()

    def end(self) -> None:
        """End the process; called by the thread itself."""
        if self._process is not None:
            self._process.end()


class _Room:
    """So many pixels may be decoded at a time; a picture with more of them is decoded alone."""

    def __init__(self, pixels: int) -> None:
        self._all, self._used, self._change = pixels, 0, Condition()

    @contextmanager
    def of(self, pixels: int) -> Iterator[None]:
        """Wait until there is room, and have it for a while."""
        with self._change:
            self._change.wait_for(lambda: not self._used or self._used + pixels <= self._all)
            self._used += pixels
        try:
            yield
        finally:
            with self._change:
                self._used -= pixels
                self._change.notify_all()
