"""The process that cuts pictures into pieces: `python -m indexer.tiles.cutter`, started by `keeping`.

Pictures come from strangers: memory and time have limits that the system enforces, and it knows no secret. A question
is JSON that names a picture, the size it has to have, and the archive to write; the answer is a sentence, or nothing.
"""

import io
import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from PIL import Image
from PIL.Image import Resampling

from indexer.lookup.child import READY
from indexer.thumbnails import shrink
from indexer.tiles.plan import Plan
from scraper.decoder import limit
from scraper.disk import whole_file
from scraper.errors import PictureError
from scraper.pictures import open_upright
from scraper.priority import step_back

QUALITY = 84
# Many times what a picture of the most pixels comes to in JPEG.
MOST_BYTES = 2**30


def main(max_pixels: int, seconds: float, memory: int) -> None:
    """Answer until the parent hangs up; `memory` is in bytes, `seconds` counts for each picture."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    step_back(5)
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.init()
    limit(resource.RLIMIT_AS, memory)
    limit(resource.RLIMIT_FSIZE, MOST_BYTES)
    limit(resource.RLIMIT_CORE, 0)
    wire = Connection(os.dup(0))
    wire.send_bytes(READY)
    while True:
        try:
            path, size, archive = json.loads(wire.recv_bytes())
        except (EOFError, ConnectionResetError):
            return
        # Without a handler the alarm ends the process, wherever in a decoder it hangs.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = _answer(Path(path), (size[0], size[1]), Path(archive), max_pixels)
        signal.setitimer(signal.ITIMER_REAL, 0)
        wire.send_bytes(answer.encode())


def _answer(path: Path, size: tuple[int, int], archive: Path, max_pixels: int) -> str:
    try:
        cut(path, size, archive, max_pixels)
    except (PictureError, OSError) as problem:
        return str(problem)
    except MemoryError:
        return "decoding it needs more memory than is allowed"
    except Exception as error:
        # Nearly anything can be raised on hostile bytes; the next picture is another matter.
        return f"{type(error).__name__}: {error}"
    return ""


def cut(path: Path, size: tuple[int, int], archive: Path, max_pixels: int) -> None:
    """Write the archive of all pieces of a picture, whole or not at all.

    It is a ZIP file with a JPEG for each piece, named by `Piece.name`. Raises `PictureError` and OSError.
    """
    image = open_upright(path, max_pixels=max_pixels)
    if image.size != size:
        raise PictureError("damaged", f"{image.size} pixels where {size} are known")
    with whole_file(archive, lasting=False) as file, ZipFile(file, "w", ZIP_STORED) as pieces:
        for name, piece in _cut(image):
            encoded = io.BytesIO()
            piece.save(encoded, "JPEG", quality=QUALITY)
            pieces.writestr(name, encoded.getbuffer())


def _cut(image: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """Yield the pieces with their names; no more is held than the picture and its half."""
    plan = Plan(*image.size)
    for piece in reversed(plan.wholes):
        yield piece.name, shrink(image, max(piece.sent_width, piece.sent_height))
    for factor in plan.factors:
        if factor > 1:
            half = (-(-image.width // 2), -(-image.height // 2))
            image = image.resize(half, Resampling.LANCZOS, reducing_gap=2.0)
        for tile in plan.tiles(factor):
            left, top = tile.left // factor, tile.top // factor
            yield tile.name, image.crop((left, top, left + tile.sent_width, top + tile.sent_height))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
