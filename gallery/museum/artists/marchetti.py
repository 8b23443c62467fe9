"""Tadeo Marchetti: black and white that will not stand still."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import Pixels, Rng, above_zero, axes, finish, paper, ramp, tones
from gallery.museum.model import UNSTATED, Artist, Sheet

PAIRS = [
    tones(pair)
    for pair in (
        "f4f1ea 141416",
        "f4f1ea 141416",
        "f3e9d2 a3201f",
        "f4f1ea 141416",
        "e9efe9 123a63",
        "f4f1ea 141416",
        "f6d24a 23211f",
    )
]


def draw(sheet: Sheet) -> Image:
    """Draw one of five illusions in two colours, the ink drifting a little over the sheet."""
    rng = sheet.rng
    x, y = axes(sheet.width, sheet.height)
    side = min(sheet.width, sheet.height)
    u, v = (x - sheet.width / 2) / side, (y - sheet.height / 2) / side
    u, v = np.broadcast_arrays(u, v)
    dark = PATTERNS[sheet.number % len(PATTERNS)](rng, u, v)
    ground, figure = PAIRS[sheet.number % len(PAIRS)]
    drift = ramp(np.clip(v * 0.5 + 0.5, 0, 1), [figure, figure * 0.8 + ground * 0.06])
    picture = ground + (drift - ground) * dark[..., None]
    return finish(paper(rng, picture, 0.012))


def _bulge(rng: Rng, u: Pixels, v: Pixels) -> Pixels:
    """A chequerboard that swells over hidden balls."""
    for _ in range(int(rng.integers(1, 4))):
        cu, cv, radius = rng.uniform(-0.25, 0.25), rng.uniform(-0.25, 0.25), rng.uniform(0.28, 0.46)
        far = np.hypot(u - cu, v - cv) / radius
        inside = far < 1
        pull = np.where(inside, np.arcsin(np.minimum(far, 1)) / np.maximum(far, 1e-4) * 2 / np.pi, 1)
        u, v = cu + (u - cu) * pull, cv + (v - cv) * pull
    count = rng.integers(9, 15) * np.pi
    across, down = above_zero(np.sin(u * count)), above_zero(np.sin(v * count))
    return across * (1 - down) + (1 - across) * down


def _current(rng: Rng, u: Pixels, v: Pixels) -> Pixels:
    """Stripes that ripple as if a wind passed below the paper."""
    wave, bend = rng.uniform(1.2, 2.2), rng.uniform(0.05, 0.12)
    swell = np.sin(v * np.pi * 2 * wave + 1.7 * np.sin(v * 3 + rng.uniform(0, 6)))
    squeeze = np.exp(-(((u - rng.uniform(-0.2, 0.2)) / 0.5) ** 2))
    return above_zero(np.sin((u + bend * swell * squeeze) * np.pi * rng.integers(30, 44)))


def _vortex(rng: Rng, u: Pixels, v: Pixels) -> Pixels:
    """Rings cut into sectors, each turned a little further than the last."""
    far, angle = np.hypot(u, v), np.arctan2(v, u)
    depth = np.log(far + 0.02)
    sectors = int(rng.integers(8, 15)) * 2
    turn = above_zero(np.sin(sectors / 2 * (angle + rng.choice([-1, 1]) * 0.55 * depth)))
    rings = above_zero(np.sin(depth * np.pi * rng.uniform(2.6, 4.2) + 0.3 * np.sin(angle * 2)))
    return turn * (1 - rings) + (1 - turn) * rings


def _discs(rng: Rng, u: Pixels, v: Pixels) -> Pixels:
    """A lattice of discs that turn away from us along a hidden fold."""
    count = int(rng.integers(9, 14))
    fold, lean = rng.uniform(-0.25, 0.25), rng.uniform(-0.8, 0.8)
    column, row = np.floor(u * count), np.floor(v * count)
    du, dv = u * count - column - 0.5, v * count - row - 0.5
    bend = np.clip(np.abs((column + 0.5) / count - fold + lean * (row + 0.5) / count) * 1.7, 0.06, 1)
    return above_zero(0.42 - np.hypot(du / bend**0.8, dv))


def _interference(rng: Rng, u: Pixels, v: Pixels) -> Pixels:
    """Rings around two centres, one the negative of the other where they cross."""
    rate, apart = rng.uniform(26, 36) * np.pi, rng.uniform(0.12, 0.3)
    tilt = rng.uniform(0, np.pi)
    du, dv = apart * np.cos(tilt), apart * np.sin(tilt)
    one = above_zero(np.sin(np.hypot(u - du, v - dv) * rate))
    two = above_zero(np.sin(np.hypot(u + du, v + dv) * rate))
    inside = above_zero(0.36 - np.hypot(u + du, v + dv))
    return one * (1 - inside) + np.abs(one - two) * inside


PATTERNS = (_bulge, _current, _vortex, _discs, _interference)

ARTIST = Artist(
    name="Tadeo Marchetti",
    born=1931,
    died=2009,
    movement="Op Art",
    medium="Emulsion on board",
    about="He trained as an optician and never forgave the eye for being so easily led.",
    titles=(
        "Swell I",
        "Crosswind I",
        "Drain I",
        "Fold I",
        "Two Stones in a Pond",
        "Swell II",
        "Crosswind II",
        "Drain II",
        "Fold II",
        "Two Bells",
        "Swell III",
        "Crosswind III",
        "Drain III",
        "Fold III",
        "Two Radios",
        "Swell IV",
        "Crosswind IV",
        "Drain IV",
        "Fold IV",
        "Two Minds",
    ),
    shapes=((1100, 1100), (1000, 1250), (1100, 1100), (1280, 960), (1200, 1000)),
    draw=draw,
    tags=("abstract", "illusion", "black and white"),
    terms=UNSTATED,
    layout="linked",
    suffix="png",
)
