"""The process that decodes untrusted pictures: `python -m scraper.decoder`, started and spoken to by the inspector.

It is given little: memory and time have limits that the system enforces, it may write no file, and it knows no
secret. It reads a length of 8 bytes and that many bytes of picture from stdin, answers with a line of JSON, and ends
with its stdin. A picture it does not survive is the inspector's to report.
"""

import json
import os
import resource
import signal
import struct
import sys
from dataclasses import asdict
from typing import BinaryIO

from PIL import Image

from scraper.errors import PictureError
from scraper.pictures import inspect

READY = b"ready\n"
LENGTH = struct.Struct(">Q")


def main(max_pixels: int, min_side: int, max_aspect: float, seconds: float, memory: int) -> None:
    """Answer until stdin ends; `memory` is in bytes, `seconds` counts for each picture."""
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.preinit()
    limit(resource.RLIMIT_AS, memory)
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_CORE, 0)
    answers.write(READY)
    while content := _next(sys.stdin.buffer):
        # Without a handler the alarm ends the process, wherever in a decoder it hangs.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            answer = asdict(inspect(content, max_pixels=max_pixels, min_side=min_side, max_aspect=max_aspect))
        except PictureError as problem:
            answer = {"kind": problem.kind, "detail": problem.detail}
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer).encode() + b"\n")


def limit(kind: int, most: int) -> None:
    """Limit a resource of this process for good, where the system can."""
    try:
        resource.setrlimit(kind, (most, most))
    except (ValueError, OSError):
        # macOS has no limit on memory and says so here; the time limit holds everywhere.
        return


def _next(requests: BinaryIO) -> bytes:
    head = requests.read(LENGTH.size)
    return requests.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    main(int(numbers[0]), int(numbers[1]), numbers[2], numbers[3], int(numbers[4]))
