"""Ilse Vandermeer: grids of black lines with few planes of primary colour."""

from collections.abc import Iterator

from PIL.Image import Image

from gallery.museum.canvas import Pixels, Rng, brushed, finish, lay, linen, plane, tones, vary
from gallery.museum.model import Artist, Sheet

WHITES = tones("f2ede1 ece7d9 f5f1e8 e4e1d8")
PRIMARIES = tones("c8281e f0bb1c 1f4596")
GREYS = tones("b9bbb8 8f989d d5d3c9")
BLACK = tones("17171a")[0]
# Each work favours one of red, yellow, blue; some are painted without black at all.
FAVOURS = (0, 1, 2, 0, 1, 2, 1, 0, 2, 1)

Box = tuple[int, int, int, int]


def draw(sheet: Sheet) -> Image:
    """Draw planes between lines of different weight."""
    rng = sheet.rng
    picture = plane(sheet.width, sheet.height, WHITES[0])
    strokes = brushed(rng, sheet.width, sheet.height)[..., None] * 0.022
    boxes = list(_split(rng, (0, 0, sheet.width, sheet.height), 4 if sheet.number % 3 else 5))
    quiet = sheet.number % 5 == 3
    for box, colour in zip(boxes, _colours(rng, boxes, FAVOURS[sheet.number % 10], quiet), strict=True):
        left, top, right, bottom = box
        picture[top:bottom, left:right] = vary(rng, colour, 0.008)
    picture *= 1 + strokes
    for box in boxes:
        _line(rng, picture, box, sheet, quiet)
    return finish(linen(rng, picture, 0.025))


def _split(rng: Rng, box: Box, depth: int) -> Iterator[Box]:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    small = min(width, height) < 190 or width * height < 60_000
    if depth == 0 or small or (depth < 3 and rng.random() < 0.28):
        yield box
        return
    # A cut near the edge, not the middle, is what keeps the composition in tension.
    share = rng.choice([0.22, 0.3, 0.36, 0.64, 0.7, 0.78]) + rng.normal(0, 0.02)
    if width * rng.uniform(0.7, 1.4) > height:
        cut = left + int(width * share)
        parts: tuple[Box, Box] = ((left, top, cut, bottom), (cut, top, right, bottom))
    else:
        cut = top + int(height * share)
        parts = ((left, top, right, cut), (left, cut, right, bottom))
    for part in parts:
        yield from _split(rng, part, depth - 1)


def _colours(rng: Rng, boxes: list[Box], favour: int, quiet: bool) -> list[Pixels]:
    """Return a colour for each plane: one large accent, two or three small ones, whites for the rest."""
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
    order = sorted(range(len(boxes)), key=lambda n: -areas[n])
    colours = [WHITES[rng.integers(len(WHITES))] for _ in boxes]
    colours[order[rng.integers(0, 3)]] = PRIMARIES[favour]
    others = [PRIMARIES[(favour + 1) % 3], PRIMARIES[(favour + 2) % 3], GREYS[rng.integers(3)], BLACK]
    small = rng.permutation(order[3:])[: 2 if quiet else 4]
    for at, colour in zip(small, others, strict=False):
        colours[at] = colour
    return colours


def _line(rng: Rng, picture: Pixels, box: Box, sheet: Sheet, quiet: bool) -> None:
    """Draw the lines on the left and upper side of a plane, where they are not the picture's edge."""
    left, top, right, bottom = box
    colour = GREYS[1] if quiet else BLACK
    unit = max(sheet.width, sheet.height) / 1200
    for here, spread in ((left, (slice(top, bottom), None)), (top, (None, slice(left, right)))):
        if here == 0:
            continue
        # The weight hangs on the place, so that the pieces of one line are equally thick.
        half = round((5, 7, 7, 10)[here % 4] * unit)
        rows, columns = spread
        band = slice(here - half, here + half)
        part = picture[rows or band, columns or band]
        lay(part, vary(rng, colour, 0.01), part[..., 0] * 0 + 0.97)


ARTIST = Artist(
    name="Ilse Vandermeer",
    born=1889,
    died=1961,
    movement="Neo-Plasticism",
    medium="Oil on canvas",
    about="She allowed herself three colours, two directions and one kind of silence.",
    titles=(
        "Composition with Red and Grey",
        "Composition with Large Yellow",
        "Composition with Blue Corner",
        "Grey Lines, Little Red",
        "Yellow Above the Quay",
        "Composition No. 6 in Blue",
        "Lock Gate in Yellow",
        "Tableau with Red Plane",
        "Grey Lines, Blue Window",
        "Canal Houses, Yellow",
        "Composition with Red, Late Winter",
        "Harbour Crossing",
        "Composition with Blue and Yellow",
        "Grey Lines, Red Door",
        "Rhythm of Seven Fields",
        "Composition in Blue, Rotterdam",
        "Polder",
        "Composition with Red Margin",
        "Grey Lines, Blue Evening",
        "Last Composition",
    ),
    shapes=((1000, 1000), (900, 1200), (1200, 960), (1000, 1100), (760, 1200)),
    draw=draw,
)
