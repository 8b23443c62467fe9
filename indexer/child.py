"""A process of ours that answers one question at a time over a socket, in bytes; it ends when this one does."""

import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from scraper.inspector import environment

READY = b"ready"
LONGEST_ANSWER = 8 * 2**20
_GRACE = 0.5


class ChildLost(Exception):
    """The process ended, or was ended because it took too long; `status` as of a shell, negative for a signal."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"signal {-status}" if status < 0 else f"status {status}")

    @property
    def too_slow(self) -> bool:
        """Whether its time was up."""
        return self.status in (-signal.SIGALRM, -signal.SIGTERM)


class Child:
    """A running `python -m module arguments`; it is ended when an answer takes too long.

    `known` is its environment; without one it is the little that a decoder needs, and no secret.
    """

    def __init__(self, module: str, arguments: Sequence[str] = (), known: Mapping[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # A session of its own: Ctrl-C in the terminal is for us, who hang up on it.
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=dict(known) if known is not None else environment(),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wire = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, question: bytes, seconds: float) -> bytes:
        """Return the answer to a question; raise `ChildLost` if there is none within that time."""
        try:
            self._wire.send_bytes(question)
        except OSError as error:
            raise ChildLost(self.end()) from error
        return self.answer(seconds)

    def answer(self, seconds: float) -> bytes:
        """Return what it says next; raise `ChildLost` if that is nothing within that time."""
        try:
            if self._wire.poll(seconds):
                return self._wire.recv_bytes(LONGEST_ANSWER)
            self._process.terminate()
        except (EOFError, OSError) as error:
            raise ChildLost(self.end()) from error
        raise ChildLost(self.end())

    def kill(self) -> None:
        """End it at once, from whichever thread: whoever waits for its answer gets `ChildLost`."""
        self._process.kill()

    def end(self) -> int:
        """Have it end, and return its status."""
        self._wire.close()
        try:
            return self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
