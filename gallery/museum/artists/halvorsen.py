"""Noor Halvorsen: two or three clouds of colour that hang before a darker ground."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import Pixels, Rng, axes, brushed, cover, finish, lay, linen, noise, plane, tones
from gallery.museum.model import Artist, Sheet, attribution

# Ground first, then the fields from top to bottom.
PALETTES = [
    tones(words)
    for words in (
        "7a1f16 e0701f c23a1b f0a93a",
        "1c2440 2f4f8f 14182c 5d86b5",
        "e8c64a f4e3a0 e58a2b",
        "3a0f18 5c1420 8e1c24 1f0b10",
        "d8cdb8 9aa58f 4f6257",
        "c9572e f2b632 f6d9a8 d9772f",
        "22201f 4a4542 8a8278",
        "7d2b4a d9698a f1b7b0 b23a55",
        "0f3a3a 2a7d74 1b5551 8fc1a9",
        "b98a4a e9d8b0 5a3a22",
    )
]


def draw(sheet: Sheet) -> Image:
    """Float fields of unequal height over the ground, many thin coats each."""
    rng = sheet.rng
    ground, *fields = PALETTES[sheet.number % len(PALETTES)]
    if sheet.number >= len(PALETTES):
        fields = fields[::-1]
    picture = plane(sheet.width, sheet.height, ground)
    picture *= 1 + 0.10 * noise(rng, sheet.width, sheet.height, 420, 3)[..., None]
    for top, bottom, colour in _places(rng, fields, sheet.height):
        _float(rng, picture, colour, top, bottom)
    x, y = axes(sheet.width, sheet.height)
    vignette = ((x / sheet.width - 0.5) ** 2 + (y / sheet.height - 0.5) ** 2) * 0.28
    return finish(linen(rng, picture * (1 - vignette[..., None]), 0.03))


def _places(rng: Rng, fields: list[Pixels], height: int) -> list[tuple[float, float, Pixels]]:
    shares = rng.permutation(np.array([1.0, 2.3, 1.5])[: len(fields)])
    shares = (shares + rng.uniform(0, 0.4, len(fields))) / (shares.sum() + 0.2 * len(fields))
    margin, gap = 0.06 * height, 0.028 * height
    room = height - 2 * margin - gap * (len(fields) - 1)
    edges = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * room + margin
    return [(edges[n] + n * gap, edges[n + 1] + n * gap, colour) for n, colour in enumerate(fields)]


def _float(rng: Rng, picture: Pixels, colour: Pixels, top: float, bottom: float) -> None:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    margin = width * rng.uniform(0.07, 0.1)
    fray = noise(rng, width, height, 70, 4, 0.6)
    streak = brushed(rng, width, height, 240, 16)
    inward = np.minimum(np.minimum(x - margin, width - margin - x), np.minimum(y - top, bottom - y))
    cloud = 0.035 * noise(rng, width, height, 260, 2)[..., None]
    body = np.clip(0.66 + 0.11 * streak + 0.2 * fray, 0.15, 0.95)
    for coat in range(3):
        # Each coat ends a little further in, so that the edges breathe.
        depth = inward - coat * width * 0.012 + fray * width * 0.02 + streak * 3
        lay(picture, colour * (0.9 + 0.06 * coat) + cloud, cover(-depth, width * 0.045) * body)


ARTIST = Artist(
    name="Noor Halvorsen",
    born=1918,
    died=1990,
    movement="Colour Field",
    medium="Acrylic on unprimed canvas",
    about="She asked for her paintings to be hung low, close, and in a room with one bench.",
    titles=(
        "Furnace, Morning",
        "North Water",
        "Untitled (Lemon, Orange)",
        "Untitled (Wine on Wine)",
        "Lichen",
        "Four O'Clock in August",
        "Untitled (Ash)",
        "Peony",
        "Under the Ice",
        "Threshing Floor",
        "Furnace, Evening",
        "Strait",
        "Untitled (Orange, Lemon)",
        "Untitled (Vespers)",
        "Moor",
        "Four O'Clock in September",
        "Untitled (Slate)",
        "For M., Pink",
        "Cold Spring",
        "Empty Barn",
    ),
    shapes=((900, 1180), (960, 1200), (860, 1240), (1160, 1000)),
    draw=draw,
    terms=attribution("Estate of Noor Halvorsen"),
    layout="srcset",
)
