"""Vera Sokolnik: a few tilted shapes that have left the ground."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    Pixels,
    Points,
    Rng,
    bearing,
    brushed,
    draft,
    finish,
    lay,
    linen,
    noise,
    plane,
    scaled,
    settle,
    tones,
    turned,
    vary,
    within,
)
from gallery.museum.model import Artist, Sheet

GROUNDS = tones("efe9dc e8e2d2 f2eee4 e6dccb")
PAINTS = tones("16161a c62f22 e8b321 1f4a8c 2f6d4f e59aa0 8a8f91 7a3b1e")
# Which paint leads: the large shape of each work.
LEADS = (0, 1, 3, 0, 2, 1, 0, 4, 1, 3)


def draw(sheet: Sheet) -> Image:
    """Hang one heavy shape on a diagonal and let lighter ones answer it."""
    rng = sheet.rng
    picture = plane(sheet.width, sheet.height, GROUNDS[sheet.number % len(GROUNDS)])
    picture *= 1 + 0.022 * noise(rng, sheet.width, sheet.height, 170, 4)[..., None]
    picture *= 1 + 0.012 * brushed(rng, sheet.width, sheet.height, 60, 8)[..., None]
    side, lean = min(sheet.width, sheet.height), rng.uniform(0.25, 1.1) * rng.choice([-1, 1])
    middle = np.array([sheet.width, sheet.height]) * rng.uniform(0.42, 0.58, 2)
    lead = LEADS[sheet.number % len(LEADS)]
    _scene(rng, picture, middle, side, lean, lead, sheet.number % 5)
    return finish(linen(rng, picture * (1 - 0.06 * _cracks(rng, sheet.width, sheet.height))[..., None], 0.03))


def _scene(rng: Rng, picture: Pixels, middle: Points, side: float, lean: float, lead: int, kind: int) -> None:
    others = [k for k in rng.permutation(len(PAINTS)) if k != lead]
    if kind in (0, 3):
        _paint(rng, picture, _bar(middle, side * 0.3, side * 0.22, lean), lead)
    elif kind == 1:
        _paint(rng, picture, _disc(middle, side * rng.uniform(0.16, 0.22)), lead)
    elif kind == 2:
        _paint(rng, picture, _wedge(middle, side * 0.34, lean), lead)
    else:
        _paint(rng, picture, _bar(middle, side * 0.36, side * 0.075, lean), lead)
        _paint(rng, picture, _bar(middle, side * 0.26, side * 0.06, lean + np.pi / 2), others[0])
    along, across = bearing(lean), np.array([-np.sin(lean), np.cos(lean)])
    # A comb of parallel bars beside the large shape, shrinking as they leave it.
    start, direction = rng.uniform(-0.2, 0.2), rng.choice([-1, 1])
    for number in range(int(rng.integers(4, 8))):
        shrink = 0.82**number
        at = middle + direction * across * side * (0.27 + 0.062 * number) + along * side * (start + 0.035 * number)
        half_long = side * 0.2 * shrink * rng.uniform(0.6, 1.3)
        _paint(rng, picture, _bar(at, half_long, side * 0.016 * shrink + 2, lean), others[number % 4])
    # One long stroke against the diagonal, and a counterweight far out.
    at = middle + across * side * rng.uniform(-0.1, 0.1)
    _paint(rng, picture, _bar(at, side * 0.62, 2.2 + side * 0.004, lean + rng.uniform(0.9, 1.3)), 0)
    far = middle - direction * across * side * rng.uniform(0.28, 0.36) + along * side * rng.uniform(-0.35, 0.35)
    weights = (
        _disc(far, side * 0.055),
        _bar(far, side * 0.09, side * 0.06, lean + 0.3),
        _wedge(far, side * 0.1, lean + 2),
    )
    _paint(rng, picture, weights[rng.integers(3)], others[4])
    for number in range(int(rng.integers(3, 7))):
        at = middle + rng.normal(0, 0.3, 2) * side
        chip = _bar(
            at, side * rng.uniform(0.012, 0.06), side * rng.uniform(0.006, 0.02), lean + rng.choice([0, np.pi / 2])
        )
        _paint(rng, picture, chip, others[(number + 2) % 6])


def _bar(at: Points, half_long: float, half_wide: float, lean: float) -> Points:
    return at + turned(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (half_long, half_wide), lean)


def _wedge(at: Points, reach: float, lean: float) -> Points:
    return np.asarray(at + reach * np.array([[1.25], [0.85], [0.85]]) * bearing(lean + np.array([0, 2.45, 3.6])))


def _disc(at: Points, radius: float) -> Points:
    return np.asarray(at + radius * bearing(np.linspace(0, 2 * np.pi, 120, endpoint=False)))


def _paint(rng: Rng, picture: Pixels, outline: Points, paint: int) -> None:
    """Fill an outline by hand: corners not quite true, strokes that follow the shape, an edge that thins."""
    outline = outline + rng.normal(0, 1.1, outline.shape) * (len(outline) < 9)
    corner = np.maximum(outline.min(axis=0) - 3, 0).astype(int)
    part, _, _ = within(picture, *corner, *(outline.max(axis=0) + 3))
    height, width = part.shape[:2]
    if height == 0 or width == 0:
        return
    image, pen = draft(width, height)
    pen.polygon(scaled(outline - corner), fill=255)
    strokes = brushed(rng, width, height, 80, 5)
    colour = vary(rng, PAINTS[paint], 0.012) + (0.02 * strokes + 0.02 * noise(rng, width, height, 120, 3))[..., None]
    lay(part, colour, settle(image) * np.clip(0.97 + 0.03 * strokes, 0, 1))


def _cracks(rng: Rng, width: int, height: int) -> Pixels:
    """Return the fine net of cracks of an old canvas, 0..1."""
    field = noise(rng, width, height, 60, 4, 0.6)
    net = np.clip(1 - np.abs(field) / 0.02, 0, 1) * (noise(rng, width, height, 260, 2) > 0.05)
    return np.asarray(net, np.float32)


ARTIST = Artist(
    name="Vera Sokolnik",
    born=1892,
    died=1966,
    movement="Suprematism",
    medium="Oil on canvas",
    about="She designed tram tickets, a theatre and one aeroplane, none of which touched the ground.",
    titles=(
        "Black Leaning",
        "Red Weight",
        "Blue Enters",
        "Flight with Black Plank",
        "Yellow Crossing",
        "Red Field, Lifted",
        "Dark Sun",
        "Green Sail",
        "Red Plank, Answered",
        "Blue Crossing",
        "Black Leaning, Second State",
        "Red Weight with Comb",
        "Wedge for a Curtain",
        "Departure",
        "Yellow Crossing, Winter",
        "Field, Lifted Again",
        "Moon for a Stage",
        "Green Sail, Rehearsal",
        "Signal",
        "Blue Crossing, Night Train",
    ),
    shapes=((900, 1100), (1000, 1000), (880, 1180), (1160, 940)),
    draw=draw,
    tags=("abstract", "geometry"),
    layout="linked",
)
