"""One picture of the library on its way: pixels for the network, thumbnails for the pages."""

from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.cropping import pixels
from indexer.errors import Unmeasurable
from indexer.preprocess import SIDE, Pixels, network_pixels
from indexer.quality.measuring import Measures, from_thumbnail
from indexer.thumbnails import placeholder, write_thumbnails
from scraper.pictures import open_upright

if TYPE_CHECKING:
    from PIL.Image import Image

# A JPEG may be read at a half, a quarter or an eighth of its size as long as four times the size it is scaled to
# is left: that changes the result by less than a level in 255. At twice the size, neighbours begin to change.
DRAFT_FOR_PIXELS = 4 * SIDE
_DRAFT_FOR_THUMBNAILS = 2


@dataclass(frozen=True, slots=True)
class Task:
    """A picture to decode: its upright size, that of the part where `crop` names one, and what is to be made of it.

    It can be `measured` when the thumbnail is among `sizes` that is measured.
    """

    path: str
    sha256: str
    width: int
    height: int
    pixels: bool
    sizes: tuple[int, ...]
    crop: tuple[float, ...] = ()
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """The network's 224 x 224 x 3 pixels, the page's placeholder and the measures, as far as they were asked for."""

    pixels: Pixels | None = None
    placeholder: str | None = None
    measures: Measures | None = None


def make(task: Task, thumbnails: Path, max_pixels: int) -> Made:
    """Decode a picture and make what is asked of it.

    Pixels and placeholder are the same whether thumbnails are made as well or not. Raises
    `PictureError`, or OSError when a thumbnail cannot be written.
    """
    image, made = None, Made()
    if task.pixels:
        image = _opened(task, max_pixels, DRAFT_FOR_PIXELS)
        made = Made(network_pixels(image), placeholder(image))
    if task.sizes:
        if image is None or image.size != (task.width, task.height):
            # Freed first, so that two of the largest pictures are never held at a time.
            image = None
            image = _opened(task, max_pixels, shortest_for(task))
        write_thumbnails(image, thumbnails, task.sha256, task.sizes)
    return replace(made, measures=_measures(task, thumbnails)) if task.measured else made


def _measures(task: Task, thumbnails: Path) -> Measures | None:
    # Of the file, for its compression changes them a little: the numbers are those that another run would make.
    try:
        return from_thumbnail(thumbnails, task.sha256, task.width, task.height)
    except Unmeasurable:
        # Its pixels are good for all else, and whoever looks for what is not measured tries it again.
        return None


def _opened(task: Task, max_pixels: int, shortest: int) -> "Image":
    """Return the picture, or the part of it that is shown, its short side at least so many pixels if it has them."""
    if len(task.crop) != 4:
        return open_upright(Path(task.path), max_pixels=max_pixels, shortest=shortest)
    left, top, right, bottom = task.crop
    image = open_upright(
        Path(task.path), max_pixels=max_pixels, shortest=ceil(shortest / min(right - left, bottom - top))
    )
    return image.crop(pixels((left, top, right, bottom), *image.size))


def shortest_for(task: Task) -> int:
    """Return the short side that a JPEG needs for thumbnails as good as those from all of its pixels."""
    short, long = sorted((task.width, task.height))
    return max(1, _DRAFT_FOR_THUMBNAILS * max(task.sizes) * short // long)
