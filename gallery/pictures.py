"""The pictures pages show: their files, their addresses, and the numbers that keep a page from jumping."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median

from flask import Blueprint, Flask, Response, abort, request, send_file

from gallery.assets import IMMUTABLE
from gallery.configured import configured
from gallery.for_programs import FOR_ALL
from indexer.store.model import Artwork
from indexer.thumbnails import scaled, sizes_for, thumbnail_path

blueprint = Blueprint("pictures", __name__)

# Widths over heights in percent, each 3 % wider than the last: a card is at most 1.5 % off its picture's shape.
RATIOS = tuple(round(100 * exp(log(0.3) + 0.03 * step)) for step in range(88))
ROW = 260  # height in pixels that a row of cards has in the mean
SMALL = 640  # a longest side below this cannot fill half a page


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as a page needs it: `srcset` with true widths, its shape's class, and its largest width and height."""

    smallest: str
    src: str
    srcset: str
    largest: str
    shape: str
    card_width: int
    width: int
    height: int
    small: bool


@blueprint.get("/pictures/<sha256>/<int:size>.webp")
def thumbnail(sha256: str, size: int) -> Response:
    """Send a thumbnail; the address names its content, so it may be kept for ever."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        abort(404)
    path = thumbnail_path(configured().thumbnails_dir.resolve(), sha256, size)
    try:
        answer = send_file(path, "image/webp", conditional=True, etag=f"{sha256}-{size}")
    except (FileNotFoundError, IsADirectoryError):
        abort(404, "There is no such picture.")
    answer.headers["Cache-Control"] = IMMUTABLE
    # Manifests let viewers of other sites hang our pictures.
    answer.headers.update(FOR_ALL)
    return answer


def init_app(app: Flask) -> None:
    """Register the pictures and give templates `picture(artwork)` and `wall_class(artworks)`."""
    app.register_blueprint(blueprint)
    app.add_template_global(shown, "picture")
    app.add_template_global(wall_class)


def shown(work: Artwork) -> Shown:
    """Return the addresses and shape of an artwork's picture."""
    sizes = sizes_of(work)
    ratio = shape(work.width, work.height)
    largest, width, height = sizes[-1]
    return Shown(
        smallest=sizes[0][0],
        src=sizes[min(1, len(sizes) - 1)][0],
        srcset=", ".join(f"{url} {wide}w" for url, wide, _ in sizes),
        largest=largest,
        shape=f"r-{ratio}",
        card_width=round(ROW * ratio / 100),
        width=width,
        height=height,
        small=max(work.width, work.height) < SMALL,
    )


def sizes_of(work: Artwork) -> list[tuple[str, int, int]]:
    """Return address, width and height of each size a work's picture has, the smallest first."""
    base = f"{request.script_root}/pictures/{work.sha256}/"
    # Kept for ever by browsers: the picture of another part needs another address.
    part = f"?part={'-'.join(f'{10_000 * share:.0f}' for share in work.crop)}" if work.crop else ""
    sizes = sizes_for(work.width, work.height)
    return [(f"{base}{size}.webp{part}", *scaled(work.width, work.height, size)) for size in sizes]


def wall_class(works: Sequence[Artwork]) -> str:
    """Return the classes of a wall: its rows are lower where most pictures would look coarse in them."""
    return "wall small" if works and median(work.height for work in works) < ROW else "wall"


def shape(width: int, height: int) -> int:
    """Return the nearest of `RATIOS` to a picture's width over height."""
    wanted = 100 * width / max(1, height)
    at = min(bisect_left(RATIOS, wanted), len(RATIOS) - 1)
    return min(RATIOS[max(0, at - 1) : at + 1], key=lambda ratio: abs(ratio - wanted))
