"""A decoder's process as its parent sees it: asked one picture at a time, and gone when a picture has killed it."""

import json
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from indexer.errors import DecoderFailed, DerivedError
from indexer.lookup.child import READY
from indexer.pipeline.decoder import task_to
from indexer.pipeline.picture import Made, Task
from indexer.preprocess import SIDE
from indexer.quality.measuring import Measures
from scraper.inspector import environment

COMMAND = (sys.executable, "-m", "indexer.pipeline.decoder")
SECONDS = 120.0
_BASE_MEMORY = 768 * 2**20
# Through all conversions, with the picture held in two forms at its worst.
_MEMORY_PER_PIXEL = 24
_LONGEST_ANSWER = 2**20
_GRACE = 0.2


class NotMade(Exception):
    """Nothing could be made of a picture; the message says why."""


class Lost(Exception):
    """The process ended over a picture, which another may survive."""


class DecoderProcess:
    """A running decoder that writes thumbnails to a folder; raises `DecoderFailed` if it does not start."""

    def __init__(self, thumbnails: Path, max_pixels: int) -> None:
        memory = _BASE_MEMORY + _MEMORY_PER_PIXEL * max_pixels
        arguments = [str(value) for value in (thumbnails, max_pixels, SECONDS, memory)]
        ours, theirs = socket.socketpair()
        with theirs:
            # A session of its own: Ctrl-C in the terminal is for us, who let it finish its picture.
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [*COMMAND, *arguments],
                env=environment(),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wire = Connection(ours.detach())
        try:
            ready = self._receive() == READY
        except Lost:
            ready = False
        if not ready:
            raise DecoderFailed(self.end(), arguments)

    def ask(self, task: Task) -> Made:
        """Return what was made of a picture.

        Raises `NotMade` saying what is wrong with it, `Lost` if the process ended, and `DerivedError` when a
        thumbnail cannot be written.
        """
        try:
            self._wire.send_bytes(task_to(task))
        except OSError as error:
            raise Lost from error
        content = self._receive()
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
        self._wire.close()
        try:
            return self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it at once, from whichever thread: whoever waits for its answer gets `Lost`."""
        self._process.kill()

    def _receive(self) -> bytes:
        try:
            return self._wire.recv_bytes(_LONGEST_ANSWER)
        except (EOFError, OSError) as error:
            raise Lost from error


def how_it_ended(status: int) -> str:
    """Return in words what a decoder's exit status says about the picture it had."""
    if status == -signal.SIGALRM:
        return f"decoding it took longer than {SECONDS:g} seconds"
    if status == -signal.SIGKILL:
        return "its decoder was killed, perhaps for want of memory"
    return f"its decoder crashed ({signal.Signals(-status).name if status < 0 else f'status {status}'})"
