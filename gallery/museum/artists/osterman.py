"""Viktor Osterman: circles in circles in squares, in watercolour."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    Pixels,
    Rng,
    axes,
    cover,
    finish,
    lay,
    noise,
    paper,
    plane,
    rect,
    tones,
    vary,
    within,
)
from gallery.museum.model import Artist, Sheet

PALETTES = [
    tones(words)
    for words in (
        "f3ead8 d94f30 f0a830 2f5d8a 7fb2a8 8a3b5c f4d9a0 27343f 6b8f3c",
        "efe7dc 1f3a5f d9a05b 8fb8c9 b3452f f2d7b0 4a5d4f c98a9a 22262e",
        "f5eee2 e9724c ffc857 255f85 c5283d 481d24 9fd3c7 f2b5a7 3c7a63",
        "ece8df 5b4b8a e0779b f2b880 4f9d9d 2b2d42 c7d59f a23e48 f4e3c1",
    )
]


def draw(sheet: Sheet) -> Image:
    """Fill a grid with targets, or paint one, or a few that overlap, or rows of halves."""
    rng = sheet.rng
    ground, *paints = PALETTES[sheet.number % len(PALETTES)]
    picture = plane(sheet.width, sheet.height, ground)
    PLANS[sheet.number % len(PLANS)](rng, picture, paints)
    return finish(paper(rng, picture, 0.035))


def _wash(rng: Rng, part: Pixels, colour: Pixels, mask: Pixels, pooled: Pixels) -> None:
    """Lay a wash: uneven where the water pooled, darker where it stood at the edge."""
    rim = np.clip(4 * mask * (1 - mask), 0, 1) * 0.1
    lay(part, np.clip(vary(rng, colour, 0.02) + (pooled - rim)[..., None], 0, 1), mask * (0.93 + pooled))


def _pool(rng: Rng, part: Pixels) -> Pixels:
    return noise(rng, part.shape[1], part.shape[0], 90, 4) * 0.07


def _target(rng: Rng, part: Pixels, x: Pixels, y: Pixels, radius: float, paints: list[Pixels], rings: int) -> None:
    """Paint rings from the outside in, none quite round and none quite centred."""
    order = [int(k) for k in rng.permutation(len(paints))]
    wobble = noise(rng, part.shape[1], part.shape[0], radius * 0.8, 2) * radius * 0.05
    drift, pooled = np.zeros(2), _pool(rng, part)
    for number in range(rings):
        reach = radius * (1 - number / rings) ** 0.92 * rng.uniform(0.96, 1.03)
        drift += rng.normal(0, radius * 0.012, 2)
        far = np.hypot(x - drift[0], y - drift[1]) - reach + wobble
        _wash(rng, part, paints[order[number % len(order)]], cover(far, 1.6), np.roll(pooled, 37 * number, 1))


def _grid(rng: Rng, picture: Pixels, paints: list[Pixels]) -> None:
    height, width = picture.shape[:2]
    side = min(width, height) / rng.integers(3, 5)
    columns, rows = round(width / side), round(height / side)
    wide, tall = width / columns, height / rows
    for row in range(rows):
        for column in range(columns):
            left, top = column * wide, row * tall
            part, x, y = within(picture, left, top, left + wide, top + tall)
            inside = cover(rect(x, y, left + wide / 2, top + tall / 2, wide * 0.485, tall * 0.485), 3)
            _wash(rng, part, paints[rng.integers(len(paints))], inside, _pool(rng, part))
            radius = min(wide, tall) * rng.uniform(0.4, 0.47)
            _target(rng, part, x - left - wide / 2, y - top - tall / 2, radius, paints, int(rng.integers(4, 7)))


def _single(rng: Rng, picture: Pixels, paints: list[Pixels]) -> None:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    radius, rings = min(width, height) * rng.uniform(0.4, 0.46), int(rng.integers(6, 10))
    _target(rng, picture, x - width / 2, y - height / 2, radius, paints, rings)


def _discs(rng: Rng, picture: Pixels, paints: list[Pixels]) -> None:
    """Discs cut into quarters, the colours of each ring changing from one quarter to the next."""
    height, width = picture.shape[:2]
    for share in (0.48, 0.36, 0.3, 0.22, 0.16):
        radius = min(width, height) * share
        middle = rng.uniform(0.2, 0.8, 2) * (width, height)
        part, x, y = within(picture, middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
        turn, rings = rng.uniform(0, np.pi / 2), int(rng.integers(3, 6))
        u = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
        v = (y - middle[1]) * np.cos(turn) - (x - middle[0]) * np.sin(turn)
        far, pooled = np.hypot(u, v), _pool(rng, part)
        for ring in range(rings):
            inner, outer = radius * ring / rings, radius * (ring + 1) / rings
            band = cover(far - outer, 1.5) * cover(inner - far, 1.5)
            start = rng.integers(len(paints))
            for quarter, (across, down) in enumerate(((1, 1), (1, -1), (-1, -1), (-1, 1))):
                mask = band * cover(-across * u, 1.5) * cover(-down * v, 1.5)
                _wash(rng, part, paints[(start + quarter * 3) % len(paints)], mask, np.roll(pooled, 53 * quarter, 0))


def _halves(rng: Rng, picture: Pixels, paints: list[Pixels]) -> None:
    """Rows of half circles, some turned over."""
    height, width = picture.shape[:2]
    side = min(width, height) / rng.integers(4, 6)
    columns, rows = round(width / side), round(height / side)
    wide, tall = width / columns, height / rows
    for row in range(rows):
        for column in range(columns):
            left, top = column * wide, row * tall
            part, x, y = within(picture, left, top, left + wide, top + tall)
            pooled = _pool(rng, part)
            back, *front = rng.permutation(len(paints))[:4]
            inside = cover(rect(x, y, left + wide / 2, top + tall / 2, wide / 2, tall / 2), 2)
            _wash(rng, part, paints[back], inside, pooled)
            turned = rng.integers(4)
            u, v = (x - left) / wide, (y - top) / tall
            u, v = ((u - 0.5, v), (u - 0.5, 1 - v), (v - 0.5, u), (v - 0.5, 1 - u))[turned]
            for share, paint in zip((0.5, 0.34, 0.17), front, strict=True):
                _wash(rng, part, paints[paint], cover((np.hypot(u, v) - share) * wide, 1.6) * inside, pooled)


PLANS = (_grid, _single, _halves, _discs, _grid)

ARTIST = Artist(
    name="Viktor Osterman",
    born=1883,
    died=1957,
    movement="Orphism",
    medium="Watercolour and gouache on paper",
    about="He taught perspective in Riga for thirty years and then gave it up entirely.",
    titles=(
        "Study in Squares with Circles",
        "Target for Slow Arrows",
        "Tram Lines",
        "Simultaneous Suns",
        "Sixteen Questions",
        "Study for a Clock",
        "One Thought",
        "Rooftops of Riga",
        "Carousel",
        "Sixteen Mornings",
        "Study with Warm Centre",
        "Well",
        "The Glove Counter",
        "Bicycles",
        "Nine Planets and Others",
        "Study for a Carpet",
        "Echo",
        "Arcades",
        "Fanfare",
        "The Last Study",
    ),
    shapes=((1200, 900), (1080, 1080), (900, 1160), (1240, 920), (1100, 1100)),
    draw=draw,
    layout="lazy",
)
