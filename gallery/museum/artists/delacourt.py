"""Margot Delacourt: painted paper, cut with large scissors and pinned in place."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    Pixels,
    Point,
    Points,
    Rng,
    bearing,
    blurred,
    brushed,
    draft,
    finish,
    lay,
    noise,
    paper,
    plane,
    scaled,
    settle,
    smooth,
    tones,
    turned,
    vary,
    within,
)
from gallery.museum.model import Artist, Sheet, attribution

# A gull as one cut: over the left wing, the body, the right wing, and back along its underside.
BIRD = np.array(
    "-1 -.35 -.55 -.42 -.16 -.08 .1 -.02 .42 -.62 .95 -.8 .62 -.3 .36 .1 .55 .3 .4 .34 .05 .24 -.3 .16 -.6 0".split(),
    float,
).reshape(-1, 2)

PAPERS = [
    tones(words)
    for words in (
        "f4ede0 1d4e89 f2b134 ed553b 2e8b57 e8a0a8",
        "f7f0e2 d1345b 3454d1 f5b841 34d1bf 1f2041",
        "efe6d5 3a5a40 bc4749 f2c14e 6a994e 264653",
        "f6efe6 7b2d8b f29f05 f25c54 2274a5 f7c1bb",
        "f2ede4 22223b c9184a ffb703 219ebc 8ecae6",
    )
]


def draw(sheet: Sheet) -> Image:
    """Paste panels of paper, then pin a plant, a bird or a dancer's worth of shapes on each."""
    rng = sheet.rng
    ground, *papers = PAPERS[sheet.number % len(PAPERS)]
    picture = plane(sheet.width, sheet.height, ground)
    panels = _panels(rng, sheet)
    last = -1
    for left, top, right, bottom in panels:
        back = int(rng.choice([k for k in range(len(papers)) if k != last]))
        last = back
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) + rng.normal(0, 2.5, (4, 2))
        _paste(rng, picture, [corners], papers[back], 2)
        front = [paper_ for k, paper_ in enumerate([*papers, ground]) if k != back]
        middle, size = np.array([(left + right) / 2, (top + bottom) / 2]), np.array([right - left, bottom - top])
        motif = MOTIFS[int(rng.integers(len(MOTIFS)))] if len(panels) > 1 else MOTIFS[sheet.number % 3]
        for shapes, pick in motif(rng, middle, size):
            _paste(rng, picture, shapes, front[pick % len(front)], 5)
    return finish(paper(rng, picture, 0.02))


def _panels(rng: Rng, sheet: Sheet) -> list[tuple[float, float, float, float]]:
    """Return one large panel, or a patchwork of unequal ones with a thin margin between."""
    columns, rows = ((1, 1), (2, 2), (3, 2), (2, 1), (3, 3))[sheet.number % 5]
    margin = 34.0
    across = np.cumsum([0, *rng.uniform(0.75, 1.25, columns)])
    panels = []
    for column in range(columns):
        down = np.cumsum([0, *rng.uniform(0.7, 1.3, rows)])
        left, right = (margin + across[column + k] / across[-1] * (sheet.width - 2 * margin) for k in (0, 1))
        for row in range(rows):
            top, bottom = (margin + down[row + k] / down[-1] * (sheet.height - 2 * margin) for k in (0, 1))
            panels.append((left + 5, top + 5, right - 5, bottom - 5))
    return panels


def _paste(rng: Rng, picture: Pixels, shapes: list[Points], colour: Pixels, lift: float) -> None:
    """Paste cut paper: brushed gouache on it, its shadow where it stands off the sheet."""
    every = np.concatenate(shapes)
    corner = np.maximum(every.min(axis=0) - 4 * lift, 0).astype(int)
    part, _, _ = within(picture, *corner, *(every.max(axis=0) + 4 * lift))
    height, width = part.shape[:2]
    image, pen = draft(width, height)
    for shape in shapes:
        pen.polygon(scaled(shape - corner), fill=255)
    mask = settle(image)
    shadow = np.roll(blurred(mask, lift), (int(lift), int(lift * 0.6)), (0, 1))
    part *= 1 - 0.24 * (shadow * (1 - mask))[..., None]
    gouache = 0.016 * brushed(rng, width, height, 70, 9) + 0.02 * noise(rng, width, height, 160, 3)
    lay(part, vary(rng, colour, 0.012) + gouache[..., None], mask)


Motif = list[tuple[list[Points], int]]


def _frond(rng: Rng, middle: Points, size: Points) -> Motif:
    """A seaweed: a stem that sways, with fingers on both sides."""
    long, fingers = size.min() * rng.uniform(0.36, 0.42), int(rng.integers(4, 7))
    angle, sway = rng.uniform(-0.7, 0.7), rng.uniform(-0.25, 0.25)
    right: list[Point] = []
    left: list[Point] = []
    for number in range(fingers):
        along = -long + 2 * long * (number + 0.5) / fingers
        reach = long * (0.75 - 0.42 * abs(number / (fingers - 1) - 0.4)) * rng.uniform(0.85, 1.15)
        half = long / fingers * 0.42
        for side, points in ((1, right), (-1, left)):
            tip = along + half * 1.5
            root, ball = 0.12 * long, reach * 0.7
            finger = [(root, along - half * 0.7), (ball, tip - half * 1.15), (reach, tip), (ball, tip + half * 0.75)]
            points.extend((side * x, y) for x, y in [*finger, (root, along + half * 0.75)])
    outline = np.array([(0, -long * 1.1), *right, (0, long * 1.15), *left[::-1]])
    outline[:, 0] += sway * long * np.sin(outline[:, 1] / long * 1.6)
    return [([middle + turned(smooth(outline * (1, -1), 6), angle)], int(rng.integers(9)))]


def _leaf(rng: Rng, middle: Points, size: Points) -> Motif:
    """A palm leaf of long blades from one root, cut from a single sheet, and the moon behind it."""
    long, blades = size.min() * rng.uniform(0.38, 0.45), int(rng.integers(7, 11))
    root, pick = middle + np.array([0, long * 0.75]), int(rng.integers(9))
    shapes = []
    for turn in np.linspace(-1.25, 1.25, blades):
        reach, half = long * (1.75 - 0.55 * abs(turn)), long * 0.11
        bend = turn * 0.16
        left, tip = (-half * 0.45 + bend * reach * 0.3, -reach * 0.85), (bend * reach * 0.4, -reach)
        blade = [(0, 0), (-half, -reach * 0.45), left, tip, (half * 0.8, -reach * 0.75), (half, -reach * 0.4)]
        shapes.append(root + turned(smooth(np.array(blade), 8), turn * 0.95))
    moon = middle + (rng.uniform(-0.5, 0.5) * long, -long * 0.55)
    return [([moon + _blob(rng, long * 0.42, 0.03)], pick + 2), (shapes, pick)]


def _pebbles(rng: Rng, middle: Points, size: Points) -> Motif:
    """A pile of stones or fruit, with their pips."""
    motif: Motif = []
    radius, pick = size.min() * 0.14, int(rng.integers(9))
    for number in range(int(rng.integers(4, 7))):
        angle = number * 2.4
        at = middle + 0.17 * np.sqrt(number) * size.min() * bearing(angle)
        motif.append(([at + _blob(rng, radius * rng.uniform(0.8, 1.2), 0.06)], pick + number % 3))
        pip = turned(_blob(rng, radius * 0.3, 0.03) * (1, 1.6), rng.uniform(0, 3))
        motif.append(([at + pip], pick + number % 3 + 1))
    return motif


def _bird(rng: Rng, middle: Points, size: Points) -> Motif:
    """Birds in flight, each two wings and a body, of one cut."""
    shapes: list[Points] = []
    span = size.min() * rng.uniform(0.3, 0.36)
    count = int(rng.integers(1, 4))
    for number in range(count):
        apart = 0 if count == 1 else size * 0.2
        at = middle + apart * bearing(number * 2.1 + 1)
        wing = smooth(BIRD * (rng.choice([-1, 1]), 1), 7) * span * (1.25 if count == 1 else 0.75)
        shapes.append(at + turned(wing, rng.uniform(-0.4, 0.4)))
    return [(shapes, int(rng.integers(9)))]


def _star(rng: Rng, middle: Points, size: Points) -> Motif:
    """A sun with soft rays round a disc."""
    rays, radius, pick = int(rng.integers(9, 14)), size.min() * rng.uniform(0.3, 0.38), int(rng.integers(9))
    turn = np.linspace(0, 2 * np.pi, rays * 2, endpoint=False)
    reach = np.where(np.arange(rays * 2) % 2, 0.55, 1.0) * rng.uniform(0.9, 1.1, rays * 2) * radius
    outline = smooth(reach[:, None] * bearing(turn), 6)
    return [([middle + outline], pick), ([middle + _blob(rng, radius * 0.36, 0.04)], pick + 1)]


def _blob(rng: Rng, radius: float, wobble: float) -> Points:
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    reach = radius * (1 + rng.normal(0, wobble, 12))[:, None]
    return smooth(reach * bearing(turn), 8)


MOTIFS = (_frond, _leaf, _pebbles, _bird, _star)

ARTIST = Artist(
    name="Margot Delacourt",
    born=1899,
    died=1981,
    movement="Modernism",
    medium="Gouache on cut and pasted paper",
    about="Her eyes were failing, so she drew with scissors, which she said could not be rubbed out.",
    titles=(
        "Lagoon",
        "Four Rooms",
        "The Gardener's Calendar",
        "Day and Night",
        "Nine Postcards",
        "Figs",
        "Four Guests",
        "The Almanac",
        "Two Windows",
        "Nine Errands",
        "The Palm at Sète",
        "Four Sundays",
        "The Market Stalls",
        "Two Balconies",
        "Nine Lamps",
        "Alga",
        "Four Letters",
        "Sheet of Wonders",
        "Departure and Return",
        "Nine Lives",
    ),
    shapes=((900, 1180), (1100, 1100), (1280, 860), (1200, 960), (1160, 1160)),
    draw=draw,
    terms=attribution("Succession Delacourt"),
    layout="srcset",
)
