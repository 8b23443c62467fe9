"""Dale Whitcomb: enamel poured, flung and dripped on canvas laid on the floor."""

import numpy as np
from PIL.Image import Image
from PIL.ImageDraw import ImageDraw

from gallery.museum.canvas import (
    SCALE,
    Pixels,
    Points,
    Rng,
    bearing,
    blurred,
    draft,
    finish,
    lay,
    linen,
    noise,
    plane,
    ribbon,
    scaled,
    settle,
    smooth,
    tones,
)
from gallery.museum.model import UNSTATED, Artist, Sheet

# Canvas, then the enamels in the order they were thrown.
PALETTES = [
    tones(words)
    for words in (
        "d8c9a8 1b1a1a 8a8d8c f2efe6 b5482a 1b1a1a",
        "171719 e8e4d8 c9a227 2f6f8f e8e4d8 b23327",
        "e9e3d3 23395b c8452f e9b44c f7f3e8 161616",
        "8c5a3c f1e8d6 161414 d9a441 f1e8d6 3e5c50",
        "22333b e07a5f f2cc8f f4f1de 81b29a f4f1de",
        "f0ede4 111111 111111 7a7a78 111111 c0392b",
    )
]


def draw(sheet: Sheet) -> Image:
    """Throw each enamel in turn: long pours, then spatter along them, then a few heavy drops."""
    rng = sheet.rng
    ground, *enamels = PALETTES[sheet.number % len(PALETTES)]
    picture = plane(sheet.width, sheet.height, ground)
    stain = noise(rng, sheet.width, sheet.height, 340, 4)
    lay(picture, enamels[0] * 0.5 + ground * 0.5, np.clip(stain * 0.5 - 0.1, 0, 0.3))
    pours = int(rng.integers(9, 17))
    for number, enamel in enumerate(enamels):
        mask, pen = draft(sheet.width, sheet.height)
        for _ in range(max(4, pours - 2 * number)):
            _pour(rng, pen, sheet, (1.5 + 8 * rng.random() ** 2) * (1 - 0.08 * number))
        _blots(rng, pen, sheet, int(rng.integers(2, 6)))
        _enamel(picture, enamel, settle(mask))
    return finish(linen(rng, picture, 0.05))


def _enamel(picture: Pixels, colour: Pixels, wet: Pixels) -> None:
    """Lay wet enamel: it stands proud of the canvas, lit from the upper left."""
    soft = blurred(wet, 1.6)
    slope = np.roll(soft, (-1, -1), (0, 1)) - np.roll(soft, (1, 1), (0, 1))
    shadow = np.roll(blurred(wet, 2.5), (3, 2), (0, 1))
    picture *= 1 - 0.3 * (shadow * (1 - wet))[..., None]
    lay(picture, colour + np.clip(slope, -0.4, 0.6)[..., None] * 0.3, wet * 0.97)


def _pour(rng: Rng, pen: ImageDraw, sheet: Sheet, thick: float) -> None:
    """Swing the can once over the canvas: a curve whose bend comes and goes, thin where the arm was quick."""
    steps, reach = int(rng.integers(160, 420)), max(sheet.width, sheet.height) / 1200
    bend = np.convolve(rng.normal(0, 0.055, steps + 40), np.hanning(41), "valid") * 0.45 + rng.normal(0, 0.008)
    pace = 7 * np.exp(np.convolve(rng.normal(0, 0.5, steps + 30), np.hanning(31) / 8, "valid")) * reach
    heading = np.cumsum(bend) + rng.uniform(0, 2 * np.pi)
    path = np.cumsum(pace[:, None] * bearing(heading), axis=0)
    path += rng.uniform(0.1, 0.9, 2) * (sheet.width, sheet.height) - path.mean(axis=0)
    flow = np.convolve(rng.uniform(0.4, 1.5, steps), np.hanning(11) / 5, "same")
    wide = np.clip(thick * flow * 11 / (pace + 4), 0.8, thick * 2.6)
    dots = np.column_stack([path[::2], wide[::2] / 2]) * SCALE
    pen.polygon(scaled(ribbon(path, wide)), fill=255)
    for x, y, half in dots[dots[:, 2] > 3].tolist():
        pen.ellipse((x - half, y - half, x + half, y + half), fill=255)
    _spatter(rng, pen, path, pace, thick)


def _spatter(rng: Rng, pen: ImageDraw, path: Points, speed: Points, thick: float) -> None:
    """Shed drops beside a pour, more and farther where it was quick."""
    shed = rng.integers(0, len(path), int(40 + thick * 14))
    far = rng.exponential(11, (len(shed), 1)) * (0.5 + speed[shed, None] / 9)
    turn = rng.uniform(0, 2 * np.pi, len(shed))
    places = path[shed] + far * bearing(turn)
    for x, y, half in np.column_stack([places, np.minimum(rng.pareto(2.4, len(shed)) * 1.1 + 0.6, 9)]) * SCALE:
        pen.ellipse((x - half, y - half * 0.94, x + half, y + half * 0.94), fill=255)


def _blots(rng: Rng, pen: ImageDraw, sheet: Sheet, count: int) -> None:
    """Drop heavy drops that burst into rays."""
    for _ in range(count):
        middle = rng.uniform(0.05, 0.95, 2) * (sheet.width, sheet.height)
        radius, rays = 5 + 24 * rng.random() ** 2, int(rng.integers(14, 22))
        turn = np.linspace(0, 2 * np.pi, rays, endpoint=False)
        burst = np.where(rng.random(rays) < 0.18, rng.exponential(0.3, rays), rng.normal(0, 0.05, rays))
        pen.polygon(scaled(middle + smooth(radius * (1 + burst)[:, None] * bearing(turn), 7)), fill=255)
        for far, size in zip(rng.uniform(1.2, 3.4, 14), rng.uniform(0.6, 3.4, 14), strict=True):
            angle = turn[rng.integers(rays)]
            x, y = (middle + far * radius * bearing(angle)) * SCALE
            pen.ellipse((x - size, y - size, x + size, y + size), fill=255)


ARTIST = Artist(
    name="Dale Whitcomb",
    born=1909,
    died=1968,
    movement="Abstract Expressionism",
    medium="Enamel on canvas",
    about="He painted in a disused ice rink, in skates.",
    titles=(
        "Number 4",
        "Black Ice",
        "Rink, Thursday",
        "Rust Belt",
        "Lake Effect",
        "Number 9 (Red Accident)",
        "Ochre Field",
        "Switchyard at Night",
        "Parade",
        "Feed Store",
        "August Slow",
        "Number 14",
        "Gravel Road",
        "Static",
        "County Fair",
        "Tack Room",
        "Reservoir",
        "Number 20 (Nearly White)",
        "Dry Creek",
        "Last Lap",
    ),
    shapes=((1320, 880), (1100, 1100), (1360, 760), (900, 1200)),
    draw=draw,
    tags=("abstract", "gesture"),
    terms=UNSTATED,
    layout="picture",
)
