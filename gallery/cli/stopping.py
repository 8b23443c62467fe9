"""Ctrl-C and SIGTERM for work that can end early in good order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Yield what tells whether to stop: true from the first signal on; the second raises KeyboardInterrupt.

    To be called in the main thread.
    """
    stop = Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        # Nothing is printed here: the signal may have come in the middle of a print.
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
