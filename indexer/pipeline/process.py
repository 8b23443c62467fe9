"""A decoder's process as its parent sees it: asked one picture at a time, and gone when a picture has killed it."""

import json
import signal
from pathlib import Path

import numpy as np

from indexer.child import READY, Child, ChildLost
from indexer.errors import DecoderFailed, DerivedError
from indexer.pipeline.decoder import task_to
from indexer.pipeline.picture import Made, Task
from indexer.preprocess import SIDE
from indexer.quality.measuring import Measures

MODULE = "indexer.pipeline.decoder"
SECONDS = 120.0
_STARTING = 60.0
_BASE_MEMORY = 768 * 2**20
# Through all conversions, with the picture held in two forms at its worst.
_MEMORY_PER_PIXEL = 24


class NotMade(Exception):
    """Nothing could be made of a picture; the message says why."""


class DecoderProcess:
    """A running decoder that writes thumbnails to a folder; raises `DecoderFailed` if it does not start."""

    def __init__(self, thumbnails: Path, max_pixels: int) -> None:
        memory = _BASE_MEMORY + _MEMORY_PER_PIXEL * max_pixels
        arguments = [str(value) for value in (thumbnails, max_pixels, SECONDS, memory)]
        self._child = Child(MODULE, arguments)
        try:
            ready = self._child.answer(_STARTING) == READY
        except ChildLost:
            ready = False
        if not ready:
            raise DecoderFailed(self.end(), arguments)

    def ask(self, task: Task) -> Made:
        """Return what was made of a picture.

        Raises `NotMade` saying what is wrong with it, `ChildLost` if the process ended over it, which another may
        survive, and `DerivedError` when a thumbnail cannot be written.
        """
        # It keeps to its time by itself; the rest is for one that cannot.
        content = self._child.ask(task_to(task), 2 * SECONDS)
        end = content.index(b"\n")
        answer = json.loads(content[:end])
        if "problem" in answer:
            raise NotMade(answer["problem"])
        if "unwritable" in answer:
            raise DerivedError(Path(answer["unwritable"]), answer["reason"])
        pixels = np.frombuffer(content, np.uint8, offset=end + 1).reshape(SIDE, SIDE, 3) if task.pixels else None
        measures = Measures.from_json(answer["measures"]) if answer["measures"] else None
        return Made(pixels, answer["placeholder"], measures)

    def end(self) -> int:
        """Have it end, and return what it ended with; negative is a signal."""
        return self._child.end()

    def kill(self) -> None:
        """End it at once, from whichever thread: whoever waits for its answer gets `ChildLost`."""
        self._child.kill()


def how_it_ended(lost: ChildLost) -> str:
    """Return in words what the end of a decoder says about the picture it had."""
    if lost.too_slow:
        return f"decoding it took longer than {SECONDS:g} seconds"
    if lost.status == -signal.SIGKILL:
        return "its decoder was killed, perhaps for want of memory"
    return f"its decoder crashed ({signal.Signals(-lost.status).name if lost.status < 0 else lost})"
