"""The print of a picture, made from its smallest thumbnail."""

import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from indexer.duplicates.prints import Print, digest_of
from indexer.duplicates.sketch import sketch
from indexer.thumbnails import SIZES, thumbnail_path


def print_of(thumbnails: Path, sha256: str) -> Print | None:
    """Return the print of a picture, None where it has no thumbnail (any more) that can be read."""
    try:
        content = thumbnail_path(thumbnails, sha256, SIZES[0]).read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            return Print(sha256, digest_of(content), sketch(image))
    except (FileNotFoundError, UnidentifiedImageError):
        return None
