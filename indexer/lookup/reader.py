"""The process that decodes what visitors ask with: `python -m indexer.lookup.reader`, started by `desk`.

Like the decoders of the scraper it is given little: memory and time have limits that the system enforces, it may write
no file, and it knows no secret. A question is the detail as JSON and, behind a line's end, the bytes of the picture.
"""

import hashlib
import io
import json
import sys
from dataclasses import astuple
from typing import Any

from PIL import Image

from indexer.answering import answer_with
from indexer.lookup.question import SHOWN_SIDE, Box
from indexer.preprocess import network_pixels
from indexer.thumbnails import shrink
from scraper.errors import PictureError
from scraper.phash import all_orientations, has_features
from scraper.pictures import MAX_ASPECT, open_upright

MIN_SIDE = 32
MOST_BYTES = 330_000
# Of a small picture the network sees every pixel as it is, of a large one the mean of several.
_QUALITIES, _QUALITY_OF_SMALL, _SMALL = (88, 70, 40, 10), 95, 400
# A comment in what this process encodes, near its beginning.
_JPEG, _MARK, _HEAD = b"\xff\xd8\xff", b"looked at here", 64


def main(max_pixels: int, seconds: float, memory: int) -> None:
    """Answer until the parent hangs up; `memory` is in bytes, `seconds` counts for each picture."""

    def reply(question: bytes) -> bytes:
        box, content = question_from(question)
        answer, rest = _answer(content, box, max_pixels)
        return json.dumps(answer).encode() + b"\n" + rest

    answer_with(reply, seconds=seconds, memory=memory, longest_file=0)


def question_of(content: bytes, box: Box) -> bytes:
    """Return a question as it is sent."""
    return json.dumps(astuple(box)).encode() + b"\n" + content


def question_from(message: bytes) -> tuple[Box, bytes]:
    """Return the question that was sent."""
    head, _, content = message.partition(b"\n")
    return Box(*json.loads(head)), content


def _answer(content: bytes, box: Box, max_pixels: int) -> tuple[dict[str, Any], bytes]:
    try:
        return _read(content, box, max_pixels)
    except PictureError as problem:
        return {"kind": problem.kind, "detail": problem.detail}, b""
    except MemoryError:
        return {"kind": "too-many-pixels", "detail": "decoding it needs more memory than is allowed"}, b""
    except Exception as error:
        # Nearly anything can be raised on hostile bytes; the next picture is another matter.
        return {"kind": "damaged", "detail": f"{type(error).__name__}: {error}"}, b""


def _read(content: bytes, box: Box, max_pixels: int) -> tuple[dict[str, Any], bytes]:
    image = open_upright(content, max_pixels=max_pixels, shortest=SHOWN_SIDE)
    width, height = image.size
    if min(width, height) < MIN_SIDE:
        raise PictureError("too-small", f"{width} x {height} pixels, the short side must be {MIN_SIDE}")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise PictureError("too-long", f"{width} x {height} pixels, a side may be {MAX_ASPECT:g} times the other")
    looks = all_orientations(image) if has_features(image) else ()
    shown = content if _is_shown(content, image) else _encoded(shrink(image, SHOWN_SIDE))
    # What the network sees is what is shown: the same whenever the picture comes back to be asked with again.
    image = open_upright(shown, max_pixels=max_pixels)
    pixels = network_pixels(image.crop(box.pixels(*image.size)))
    answer = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": (width, height),
        "looks": looks,
        "shown": image.size,
        "bytes": len(shown),
    }
    return answer, shown + pixels.tobytes()


def _is_shown(content: bytes, image: Image.Image) -> bool:
    """Return whether these bytes are such a picture already: encoding it again and again would change it."""
    return max(image.size) <= SHOWN_SIDE and content.startswith(_JPEG) and _MARK in content[:_HEAD]


def _encoded(image: Image.Image) -> bytes:
    if max(image.size) < _SMALL:
        return _jpeg(image, quality=_QUALITY_OF_SMALL, subsampling=0)
    # Noise hardly shrinks: it is shown coarser, so that it can still be carried to and fro.
    for quality in _QUALITIES:
        made = _jpeg(image, quality=quality)
        if len(made) <= MOST_BYTES:
            break
    return made


def _jpeg(image: Image.Image, **how: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", comment=_MARK, **how)
    return out.getvalue()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
