"""Edith Fairweather: plants of an island nobody else has visited."""

from collections.abc import Iterator

import numpy as np
from PIL import ImageDraw
from PIL.Image import Image

from gallery.museum.canvas import (
    SCALE,
    Pixels,
    Points,
    Rng,
    finish,
    ink,
    noise,
    paper,
    plane,
    ribbon,
    scaled,
    settle,
    smooth,
    tones,
    turned,
)
from gallery.museum.model import Artist, Sheet

Pen = ImageDraw.ImageDraw

PAPER = tones("f3ead6 efe6d2 f5eedd")
# Stem, leaf in shade, leaf in light, flower, flower's heart.
TINTS = [
    tones(words)
    for words in (
        "4a5a38 5f7d45 9db36a c2453d e8b23a",
        "55493a 6c7f5a a9b98a 5b5fa8 f0d070",
        "3f5a4e 4d7f6e 8fb8a0 e0a03c 8a4a24",
        "6b4a3a 8a7a45 c0b070 b86a8e f3dfa0",
        "3a4a3a 4a6a3a 86a052 f3ecd8 e3b53c",
    )
]


def draw(sheet: Sheet) -> Image:
    """Draw one plant in pen and wash, centred on a sheet that has aged."""
    rng = sheet.rng
    tint = TINTS[(sheet.number + sheet.number // 5) % len(TINTS)]
    ground = plane(sheet.width, sheet.height, PAPER[sheet.number % len(PAPER)])
    foxing = np.clip(noise(rng, sheet.width, sheet.height, 130, 5, 0.6) - 0.55, 0, 1)
    ground -= foxing[..., None] * np.array([0.1, 0.16, 0.24], np.float32)
    image = finish(ground).resize((sheet.width * SCALE, sheet.height * SCALE))
    pen = ImageDraw.Draw(image)
    foot = np.array([sheet.width * rng.uniform(0.45, 0.55), sheet.height * 0.93])
    PLANTS[sheet.number % len(PLANTS)](rng, pen, foot, sheet.height * 0.82, tint)
    picture = settle(image)
    bleed = noise(rng, sheet.width, sheet.height, 34, 3)
    picture = picture + (picture - ground) * (0.14 * bleed)[..., None]
    return finish(paper(rng, picture, 0.03))


def _stem(rng: Rng, foot: Points, tall: float, sway: float, lean: float = 0) -> Points:
    """Return a stem from its foot upwards, `lean` radians off the vertical."""
    up = np.linspace(0, 1, 60)
    side = sway * np.sin(up * 2.6 + rng.uniform(-0.4, 0.4)) * up
    return np.asarray(foot + turned(np.stack([side * tall, -up * tall], axis=1), lean))


def _along(stem: Points, shares: Points) -> Iterator[tuple[float, Points, float]]:
    """Yield share, place and direction (radians from the vertical) at shares of a stem."""
    way = np.gradient(stem, axis=0)
    for share in shares:
        at = int(share * (len(stem) - 1))
        yield float(share), stem[at], float(np.arctan2(way[at, 0], -way[at, 1]))


def _draw_stem(pen: Pen, stem: Points, thick: float, tint: list[Pixels]) -> None:
    pen.polygon(scaled(ribbon(stem, np.linspace(thick, thick * 0.3, len(stem)))), fill=ink(tint[0]))


def _leaf(
    rng: Rng, pen: Pen, root: Points, angle: float, long: float, wide: float, tint: list[Pixels], veins: int = 7
) -> None:
    """Draw a leaf from its root: two washes, one for each half, and its veins and outline in pen."""
    up = np.linspace(0, 1, 26)
    half = wide * np.sin(np.pi * up**0.8) ** 0.9
    bow = rng.normal(0, 0.1) * long * up**2
    spine = np.stack([bow, -up * long], axis=1)
    mix = rng.uniform(0, 0.5)
    for side, share in ((-1, mix), (1, mix + 0.45)):
        edge = np.stack([bow + side * half, -up * long], axis=1)
        colour = tint[1] + (tint[2] - tint[1]) * share
        pen.polygon(scaled(root + turned(np.concatenate([spine, edge[::-1]]), angle)), fill=ink(colour))
        pen.line(scaled(root + turned(edge, angle)), fill=ink(tint[0]), width=SCALE)
        for at in np.linspace(2, 21, veins).astype(int):
            ends = np.array([spine[at], spine[at + 3] * 0.14 + edge[at + 3] * 0.86])
            pen.line(scaled(root + turned(ends, angle)), fill=ink(colour * 0.8), width=SCALE // 2)
    pen.line(scaled(root + turned(spine, angle)), fill=ink(tint[0]), width=SCALE)


def _fern(rng: Rng, pen: Pen, foot: Points, tall: float, tint: list[Pixels]) -> None:
    """Three or four fronds, each of many leaflets that shorten towards the tip."""
    for lean in np.linspace(-0.55, 0.55, int(rng.integers(3, 5))) + rng.normal(0, 0.06):
        stem = _stem(rng, foot, tall * rng.uniform(0.8, 1), lean * 0.16, lean * 0.62)
        _draw_stem(pen, stem, 6, tint)
        for share, at, way in _along(stem, np.linspace(0.14, 0.985, 34)):
            long = tall * 0.135 * np.sin(np.pi * (share * 0.86 + 0.1)) ** 1.1 + 4
            for side in (-1, 1):
                _leaf(rng, pen, at, way + side * 1.18 + rng.normal(0, 0.03), long, long * 0.15, tint, 3)


def _umbel(rng: Rng, pen: Pen, foot: Points, tall: float, tint: list[Pixels]) -> None:
    """A hollow stem with feathery leaves and umbrellas of tiny flowers."""
    stem = _stem(rng, foot, tall * 0.8, rng.uniform(-0.1, 0.1))
    _draw_stem(pen, stem, 9, tint)
    heads = [(stem[-1], 0.0, 1.0)]
    for number, (share, at, way) in enumerate(_along(stem, np.array([0.25, 0.42, 0.58, 0.74]))):
        side = (-1, 1)[number % 2]
        twig = _stem(rng, at, tall * (0.5 - 0.3 * share), side * 0.12, way + side * 0.5)
        _draw_stem(pen, twig, 5, tint)
        heads.append((twig[-1], side * 0.35, 0.62))
        for along, root, direction in _along(twig, np.linspace(0.15, 0.7, 5)):
            for hand in (-1, 1):
                _leaf(rng, pen, root, direction + hand * 0.9, tall * 0.075 * (1 - along * 0.5), tall * 0.014, tint, 2)
    for top, lean, size in heads:
        for spread in np.linspace(-1.15, 1.15, 15):
            ray = _stem(rng, top, tall * 0.19 * size * (1 - 0.13 * spread**2), 0, lean + spread * 0.82)
            _draw_stem(pen, ray, 2.5, tint)
            for at in ray[-1] + rng.normal(0, tall * 0.013 * size, (16, 2)):
                _dot(pen, at, rng.uniform(2.2, 4.2) * size + 0.8, tint[3] * rng.uniform(0.9, 1.08), tint[0])


def _branch(rng: Rng, pen: Pen, foot: Points, tall: float, tint: list[Pixels]) -> None:
    """A branch with broad leaves by turns, and berries."""
    stem = _stem(rng, foot, tall, rng.uniform(0.1, 0.22) * rng.choice([-1, 1]), rng.uniform(-0.15, 0.15))
    _draw_stem(pen, stem, 10, tint)
    for number, (share, at, way) in enumerate(_along(stem, np.linspace(0.16, 0.97, 13))):
        side = (-1, 1)[number % 2]
        long = tall * (0.33 - 0.17 * share)
        if number % 3 == 1:
            for _ in range(int(rng.integers(3, 7))):
                berry = _stem(rng, at, tall * rng.uniform(0.05, 0.1), 0.1, way - side * rng.uniform(0.7, 1.5))
                _draw_stem(pen, berry, 2.4, tint)
                _dot(pen, berry[-1], rng.uniform(7, 11), tint[3], tint[0])
                _dot(pen, berry[-1] - 3, 2, tint[3] * 0.4 + 0.6, None)
        _leaf(rng, pen, at, way + side * rng.uniform(0.75, 1.0), long, long * 0.23, tint, 9)
    _leaf(rng, pen, stem[-1], 0, tall * 0.12, tall * 0.03, tint)


def _poppies(rng: Rng, pen: Pen, foot: Points, tall: float, tint: list[Pixels]) -> None:
    """Open flowers, buds and seed heads on hairy stems above a tuft of leaves."""
    for lean in np.linspace(-1.0, 1.0, 9) + rng.normal(0, 0.06, 9):
        _leaf(rng, pen, foot, lean, tall * rng.uniform(0.26, 0.4), tall * 0.03, tint)
    for number, lean in enumerate(np.linspace(-0.36, 0.36, int(rng.integers(4, 6)))):
        stem = _stem(rng, foot, tall * rng.uniform(0.62, 0.93), lean * 0.3, lean)
        _draw_stem(pen, stem, 4.5, tint)
        if number % 4 == 3:
            _dot(pen, stem[-1], tall * 0.024, tint[2], tint[0])
            continue
        radius = tall * rng.uniform(0.085, 0.115)
        for layer, count in ((1.0, 5), (0.72, 4)):
            for turn in np.arange(count) * 2 * np.pi / count + rng.uniform(0, 2):
                _petal(rng, pen, stem[-1], turn, radius * layer, tint[3] * (0.92 + 0.14 * (1 - layer)), tint[0])
        _dot(pen, stem[-1], radius * 0.2, tint[4], tint[0])
        for at in stem[-1] + rng.normal(0, radius * 0.2, (26, 2)):
            _dot(pen, at, 1.8, tint[0], None)


def _petal(rng: Rng, pen: Pen, root: Points, turn: float, long: float, colour: Pixels, line: Pixels) -> None:
    outline = np.array([(0, 0), (-0.42, -0.45), (-0.5, -0.85), (-0.15, -1.0), (0.2, -0.95), (0.52, -0.8), (0.4, -0.4)])
    place = root + turned(smooth(outline + rng.normal(0, 0.03, outline.shape), 6) * long, turn)
    pen.polygon(scaled(place), fill=ink(colour * rng.uniform(0.93, 1.06)))
    pen.line([*scaled(place), scaled(place)[0]], fill=ink(line * 0.6 + colour * 0.4), width=SCALE)
    for spread in np.linspace(-0.3, 0.3, 5):
        ends = root + turned(np.array([(spread * 0.3, -0.2), (spread, -0.75)]) * long, turn)
        pen.line(scaled(ends), fill=ink(colour * 0.84), width=SCALE // 2)


def _dot(pen: Pen, at: Points, radius: float, colour: Pixels, line: Pixels | None) -> None:
    x, y = at
    box = [(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE]
    pen.ellipse(box, fill=ink(colour), outline=None if line is None else ink(line), width=1)


def _grass(rng: Rng, pen: Pen, foot: Points, tall: float, tint: list[Pixels]) -> None:
    """A clump of sedge: long bowed blades and nodding ears."""
    for lean in rng.permutation(np.linspace(-0.6, 0.6, 26)):
        blade = _stem(rng, foot + (lean * 40, 0), tall * rng.uniform(0.45, 0.95), lean * 0.5, lean * 0.5)
        shade = tint[1] + (tint[2] - tint[1]) * rng.uniform(0, 1)
        outline = ribbon(blade, 9 * np.sin(np.linspace(0.5, np.pi, 60)) + 0.8)
        pen.polygon(scaled(outline), fill=ink(shade), outline=ink(tint[0]))
    chaff = [tint[0], tint[4], tint[4] * 0.8 + 0.2, *tint[3:]]
    for lean in np.linspace(-0.4, 0.4, 6) + rng.normal(0, 0.04, 6):
        stem = _stem(rng, foot, tall * rng.uniform(0.82, 1), lean * 0.6, lean * 0.55)
        _draw_stem(pen, stem, 3.6, tint)
        for share, at, way in _along(stem, np.linspace(0.72, 1, 24)):
            for side in (-1, 1):
                _leaf(rng, pen, at, way + side * (0.71 - 0.3 * share), tall * 0.034, tall * 0.0065, chaff, 1)


PLANTS = (_fern, _umbel, _branch, _poppies, _grass)

ARTIST = Artist(
    name="Edith Fairweather",
    born=1823,
    died=1896,
    movement="Botanical Illustration",
    medium="Pen and watercolour on paper",
    about="Her island was never found again, though her drawings of its ferns are said to be exact.",
    titles=(
        "Filix fairweatheri",
        "Daucus insulae, in Flower",
        "Sorbus amara with Fruit",
        "Papaver nocturnum",
        "Carex longibarba",
        "Filix crispula",
        "Angelica taciturna",
        "Rhamnus of the North Bay",
        "Papaver album",
        "Carex cinerea",
        "Filix gigantea, a Young Plant",
        "Heracleum of the Saltings",
        "Branch from the Well Tree",
        "Papaver roseum, Three Ages",
        "Carex straminea",
        "Filix aquatica",
        "Pimpinella of the Cliffs",
        "Sorbus mitis with Fruit",
        "Papaver insulare",
        "Carex ultima",
    ),
    shapes=((860, 1200), (880, 1180), (840, 1220)),
    draw=draw,
    layout="endless",
)
