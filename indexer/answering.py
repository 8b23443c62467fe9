"""The other end of a `child` that decodes what strangers sent: given little, it answers one question after another."""

import os
import resource
import signal
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection

from PIL import Image

from indexer.child import READY
from scraper.decoder import limit


def answer_with(
    reply: Callable[[bytes], bytes], *, seconds: float, memory: int, longest_file: int | None = None
) -> None:
    """Answer with what `reply` makes of each question that comes over stdin, a socket, until the parent hangs up.

    The system enforces the limits: `memory` and the `longest_file` this process may write are in bytes, and it ends
    when a question takes more than so many `seconds`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.init()
    limit(resource.RLIMIT_AS, memory)
    limit(resource.RLIMIT_CORE, 0)
    if longest_file is not None:
        limit(resource.RLIMIT_FSIZE, longest_file)
    wire = Connection(os.dup(0))
    wire.send_bytes(READY)
    while True:
        try:
            question = wire.recv_bytes()
        except (EOFError, ConnectionResetError):
            return
        # Without a handler the alarm ends the process, wherever in a decoder it hangs.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = reply(question)
        signal.setitimer(signal.ITIMER_REAL, 0)
        wire.send_bytes(answer)
