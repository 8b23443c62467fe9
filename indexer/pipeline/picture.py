"""One picture of the library on its way: pixels for the network, thumbnails for the pages."""

from dataclasses import dataclass
from pathlib import Path

from indexer.preprocess import RESIZE, Pixels, centre_pixels
from indexer.thumbnails import placeholder, write_thumbnails
from scraper.pictures import open_upright

# A JPEG may be read at a half, a quarter or an eighth of its size as long as four times the size it is scaled to
# is left: that changes the result by less than a level in 255. At twice the size, neighbours begin to change.
DRAFT_FOR_PIXELS = 4 * RESIZE
_DRAFT_FOR_THUMBNAILS = 2


@dataclass(frozen=True, slots=True)
class Task:
    """A picture to decode: its upright size as the library knows it, and what is to be made of it."""

    path: str
    sha256: str
    width: int
    height: int
    pixels: bool
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """The network's 224 x 224 x 3 pixels and the page's placeholder, if they were asked for."""

    pixels: Pixels | None
    placeholder: str | None


def make(task: Task, thumbnails: Path, max_pixels: int) -> Made:
    """Decode a picture and make what is asked of it.

    Pixels and placeholder are the same whether thumbnails are made as well or not. Raises
    `PictureError`, or OSError when a thumbnail cannot be written.
    """
    path, image, made = Path(task.path), None, Made(None, None)
    if task.pixels:
        image = open_upright(path, max_pixels=max_pixels, shortest=DRAFT_FOR_PIXELS)
        made = Made(centre_pixels(image), placeholder(image))
    if task.sizes:
        if image is None or image.size != (task.width, task.height):
            # Freed first, so that two of the largest pictures are never held at a time.
            image = None
            image = open_upright(path, max_pixels=max_pixels, shortest=shortest_for(task))
        write_thumbnails(image, thumbnails, task.sha256, task.sizes)
    return made


def shortest_for(task: Task) -> int:
    """Return the short side that a JPEG needs for thumbnails as good as those from all of its pixels."""
    short, long = sorted((task.width, task.height))
    return max(1, _DRAFT_FOR_THUMBNAILS * max(task.sizes) * short // long)
