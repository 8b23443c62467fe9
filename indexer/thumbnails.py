"""The pictures that pages show: WebP files of a few sizes, and a tiny placeholder kept in the payload.

Naming needs no imaging library, so the web pages load none; Pillow is imported when files are made.
"""

import base64
import io
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.disk import whole_file

if TYPE_CHECKING:
    from PIL.Image import Image

SIZES = (240, 480, 960, 1600)
"""Longest sides in pixels; a picture is never enlarged."""

FEATURES = ".features"
"""How the files end that lie beside a picture's thumbnails and are for the lenses, not for pages."""

QUALITY = 82
PLACEHOLDER_SIDE = 16

_LEFT_AFTER = 3600.0


def sizes_for(width: int, height: int) -> tuple[int, ...]:
    """Return the sizes a picture of this many pixels has files for.

    These are all below its longest side and the first that is not: the file of the last size then
    holds the picture in its own size.
    """
    longest = max(width, height)
    below = sum(size < longest for size in SIZES)
    return SIZES[: below + 1]


def thumbnail_path(folder: Path, sha256: str, size: int) -> Path:
    """Return where the thumbnail of this size lies under the thumbnails' folder."""
    return folder / sha256[:2] / f"{sha256}-{size}.webp"


def missing_sizes(folder: Path, sha256: str, width: int, height: int) -> tuple[int, ...]:
    """Return the sizes whose file is absent, or empty as a power cut may leave it."""
    return tuple(size for size in sizes_for(width, height) if not _has_content(thumbnail_path(folder, sha256, size)))


def write_thumbnails(image: "Image", folder: Path, sha256: str, sizes: Iterable[int]) -> None:
    """Write the WebP files of these sizes, each whole or not at all.

    `image` is upright RGB; the files carry none of its metadata. Raises OSError when a file cannot be written.
    """
    for size in sorted(sizes, reverse=True):
        # From the next larger one: cheaper than from the original each time, and no difference to be seen.
        image = shrink(image, size)
        encoded = io.BytesIO()
        # Method 4 would take twice the time to save 3 % of the bytes.
        image.save(encoded, "WEBP", quality=QUALITY, method=2)
        with whole_file(thumbnail_path(folder, sha256, size), lasting=False) as file:
            file.write(encoded.getbuffer())


def shrink(image: "Image", longest: int) -> "Image":
    """Return the image with its longest side at most `longest` pixels; itself when it is small enough."""
    from PIL.Image import Resampling

    if max(image.size) <= longest:
        return image
    return image.resize(scaled(*image.size, longest), Resampling.LANCZOS, reducing_gap=2.0)


def scaled(width: int, height: int, longest: int) -> tuple[int, int]:
    """Return the size of a picture whose longest side is brought down to `longest` pixels, if it is more."""
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def placeholder(image: "Image") -> str:
    """Return a WebP of at most 16 pixels a side, in base64, to be shown blurred until the picture is there."""
    encoded = io.BytesIO()
    shrink(image, PLACEHOLDER_SIDE).save(encoded, "WEBP", quality=40, method=4)
    return base64.b64encode(encoded.getvalue()).decode("ascii")


def remove_thumbnails(folder: Path, sha256: str) -> None:
    """Remove every size of a picture's thumbnails, its pieces for viewers, and what is kept of it for the lenses.

    Absent ones are fine.
    """
    for size in SIZES:
        thumbnail_path(folder, sha256, size).unlink(missing_ok=True)
    for path in (folder / sha256[:2]).glob(f"{sha256}.*{FEATURES}"):
        path.unlink(missing_ok=True)
    remove_pieces(folder, sha256)


def remove_pieces(folder: Path, sha256: str) -> None:
    """Remove a picture's pieces for viewers, which are cut anew when somebody asks for them."""
    for path in (beside(folder) / sha256[:2]).glob(f"{sha256}-*.zip"):
        path.unlink(missing_ok=True)


def beside(folder: Path) -> Path:
    """Return the folder of the pieces that viewers are sent (`indexer.tiles`), beside that of the thumbnails."""
    return folder.with_name("tiles")


def sweep(folder: Path) -> None:
    """Remove what writers left behind that were ended in the middle of a file, an hour ago or more."""
    for ending in (".webp", FEATURES):
        for path in folder.glob(f"??/.*{ending}.*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _LEFT_AFTER:
                    path.unlink()


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False
