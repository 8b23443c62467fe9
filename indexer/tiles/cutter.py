"""The process that cuts pictures into pieces: `python -m indexer.tiles.cutter`, started by `keeping`.

Pictures come from strangers: memory and time have limits that the system enforces, and it knows no secret. A question
is JSON that names a picture, the size it has to have, and the archive to write; the answer is a sentence, or nothing.
"""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from PIL import Image
from PIL.Image import Resampling

from indexer.answering import answer_with
from indexer.thumbnails import shrink
from indexer.tiles.plan import Plan
from scraper.disk import whole_file
from scraper.errors import PictureError
from scraper.pictures import open_upright
from scraper.priority import step_back

QUALITY = 84
# Many times what a picture of the most pixels comes to in JPEG.
MOST_BYTES = 2**30


def main(max_pixels: int, seconds: float, memory: int) -> None:
    """Answer until the parent hangs up; `memory` is in bytes, `seconds` counts for each picture."""

    def reply(question: bytes) -> bytes:
        path, (width, height), archive = json.loads(question)
        return _answer(Path(path), (width, height), Path(archive), max_pixels).encode()

    step_back(5)
    answer_with(reply, seconds=seconds, memory=memory, longest_file=MOST_BYTES)


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
