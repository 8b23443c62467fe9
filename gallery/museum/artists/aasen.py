"""Sunniva Aasen: one ridge behind the other until the mist has the last word."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import Pixels, Rng, axes, cover, finish, lay, noise, paper, ramp, tones, within
from gallery.museum.model import Artist, Sheet

# Sky from zenith to horizon, then the farthest ridge and the nearest, then sun or moon.
PALETTES = [
    tones(words)
    for words in (
        "7fa6bf c9d8d3 f3dfc1 a9bcc2 1d3440 fff3d6",
        "2b2f57 8a5a86 f0a27c 9a6f93 17152e ffd9a0",
        "e8e4da efe9dc f7efe0 c6c9c4 3b4240 f2c9a0",
        "f2c48d f6d9a7 fbeccb e3b586 5a2d22 fffbe8",
        "0d1b33 203a5c 5b7d99 3f6180 060d1a f4f1dc",
        "bcd3c8 dfe8d5 f6efd2 a7c0ac 1f3a31 fff8de",
        "c65b4a eb9a67 f8d49a b8737a 2c1a33 fff0c2",
        "8fa0b8 c7c9d6 ecd9de a8a6bf 262b45 fff6ef",
    )
]


def draw(sheet: Sheet) -> Image:
    """Stack ridges from far and pale to near and dark, with mist in the valleys."""
    rng = sheet.rng
    *sky, far, near, light = PALETTES[sheet.number % len(PALETTES)]
    _, y = axes(sheet.width, sheet.height)
    horizon = sheet.height * rng.uniform(0.36, 0.5)
    haze = 0.05 * noise(rng, sheet.width, sheet.height, (600, 110), 4)
    picture = ramp(y / (horizon * 1.25) + haze, sky)
    _luminary(rng, picture, light, horizon)
    count = int(rng.integers(6, 9))
    for number in range(count):
        depth = number / (count - 1)
        base = horizon + (sheet.height * 1.02 - horizon) * depth**1.25
        relief = sheet.height * (0.07 + 0.1 * np.sin(np.pi * depth)) * rng.uniform(0.75, 1.25)
        crest = base - relief * _ridge(rng, sheet.width, 0.42 + 0.1 * depth)
        if depth > 0.75:
            crest = crest - _firs(rng, sheet.width, sheet.height * (0.015 + 0.03 * depth))
        colour = far + (near - far) * depth**0.85
        mist = colour + (sky[-1] - colour) * (0.75 - 0.55 * depth)
        part, _, y = within(picture, 0, float(crest.min()) - 2, sheet.width, sheet.height)
        if len(part) == 0:
            continue  # the whole ridge lies below the picture
        drift = 0.12 * noise(rng, sheet.width, len(part), (420, 60), 3)
        below = np.clip(np.clip((y - base + relief * 0.6) / (sheet.height * 0.26), 0, 1) + drift, 0, 1)
        lay(part, ramp(below, [colour, mist]), cover(crest - y))
    return finish(paper(rng, picture, 0.022))


def _luminary(rng: Rng, picture: Pixels, light: Pixels, horizon: float) -> None:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    radius = height * rng.uniform(0.035, 0.075)
    across, up = width * rng.choice([0.24, 0.36, 0.64, 0.76]), horizon - height * rng.uniform(0.03, 0.26)
    far = np.hypot(x - across, y - up)
    lay(picture, light, 0.42 * np.exp(-np.maximum(far - radius, 0) / (radius * 2.6)))
    lay(picture, light, cover(far - radius, 1.5) * 0.96)


def _ridge(rng: Rng, width: int, keep: float) -> Pixels:
    """Return heights of about -1..1 along the width, each octave half as wide and `keep` as high as the last."""
    x, total = np.arange(width, dtype=np.float32), np.zeros(width, np.float32)
    step, strength = width / rng.uniform(1.6, 3.2), 1.0
    while step > 2:
        knots = np.arange(-1, width / step + 3) * step + rng.uniform(-0.3, 0.3) * step
        total += strength * np.interp(x, knots, rng.uniform(-1, 1, len(knots))).astype(np.float32)
        step, strength = step / 2, strength * keep
    return total[None, :]


def _firs(rng: Rng, width: int, tall: float) -> Pixels:
    """Return how far pointed trees rise above a ridge along the width."""
    x, top = np.arange(width, dtype=np.float32), np.zeros(width, np.float32)
    groves = np.interp(x, np.linspace(0, width, 9), rng.uniform(-0.5, 1, 9))
    for root in rng.uniform(0, width, int(width / tall * 2.2)):
        size = tall * rng.uniform(0.35, 1.1) * max(0.0, float(groves[int(root)]))
        if size > 2:
            left, right = int(max(0, root - size)), int(min(width, root + size))
            away = np.abs(x[left:right] - root)
            # Steps in the slope are the branches.
            slope = size - away * 3.4 + (away * 3.4 % (size * 0.22)) * 0.6
            top[left:right] = np.maximum(top[left:right], slope)
    return top[None, :]


ARTIST = Artist(
    name="Sunniva Aasen",
    born=1946,
    died=2018,
    movement="Landscape",
    medium="Gouache on paper",
    about="She walked the same valley for forty years and painted it from memory, at a table facing the wall.",
    titles=(
        "The Valley, First Light",
        "Afterglow over Seven Ridges",
        "Fog with Paper Sun",
        "Harvest Haze",
        "Moonrise, Minus Twelve",
        "May Green",
        "The Fire Evening",
        "Lilac Thaw",
        "The Valley, Clear",
        "Afterglow, Second Version",
        "Nearly Nothing",
        "The Straw Hour",
        "Moon over the Pass",
        "Birch Weather",
        "Red Sky, Going Home",
        "Snow Coming",
        "The Valley, from the Cairn",
        "Dusk in the Old Pasture",
        "White Morning",
        "Last of the Hay",
    ),
    shapes=((1320, 880), (1300, 820), (1000, 1200), (1360, 760)),
    draw=draw,
    layout="lazy",
)
