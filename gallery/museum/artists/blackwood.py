"""Josephine Blackwood: cities at night, seen across water."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    Pixels,
    Rng,
    axes,
    blurred,
    cover,
    finish,
    lay,
    linen,
    noise,
    ramp,
    rect,
    rgb,
    tones,
    within,
)
from gallery.museum.model import Artist, Sheet, attribution

# Zenith, middle of the sky, horizon, the dark of the houses.
NIGHTS = [
    tones(words)
    for words in (
        "0a1228 16284a 3a5470 070b14",
        "10141f 232c3d 5b5a63 0a0c10",
        "0b1a24 17383f 4d6f63 060d10",
        "1a1330 37265a 8a5a72 0d0917",
        "0c1730 1d3a63 8797a0 080d18",
    )
]
LAMPS = tones("ffd58a ffb652 ffe9c0 f08c3c")


def draw(sheet: Sheet) -> Image:
    """Paint sky, moon and town, mirror them in moving water, and light the lamps along the shore."""
    rng = sheet.rng
    *sky, dark = NIGHTS[sheet.number % len(NIGHTS)]
    shore = int(sheet.height * rng.uniform(0.46, 0.6))
    upper = _sky(rng, sheet.width, shore, sky)
    if sheet.number % 3 != 1:
        _moon(rng, upper)
    _town(rng, upper, sky[2] * 0.5 + dark * 0.5, 0.5)
    _town(rng, upper, dark, 1.0)
    picture = np.concatenate([upper, _water(rng, upper, sheet.height - shore, dark)])
    _fog(rng, picture, shore, sky[2])
    SCENES[sheet.number % len(SCENES)](rng, picture, shore, dark)
    _lamps(rng, picture, shore, int(rng.integers(14, 34)))
    return finish(linen(rng, picture * 1.18, 0.05))


def _sky(rng: Rng, width: int, height: int, sky: list[Pixels]) -> Pixels:
    _, y = axes(width, height)
    clouds = noise(rng, width, height, (480, 120), 5, 0.55)
    picture = ramp((y / height) ** 1.3 + 0.14 * clouds, sky)
    for _ in range(int(width * height / 9000)):
        at = rng.integers(height), rng.integers(width)
        picture[at] += rng.uniform(0.1, 0.7) * (1 - at[0] / height) ** 1.5
    return picture + 0.04 * np.clip(clouds, 0, 1)[..., None]


def _moon(rng: Rng, picture: Pixels) -> None:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    radius = height * rng.uniform(0.045, 0.08)
    across, down = width * rng.choice([0.22, 0.3, 0.68, 0.78]), height * rng.uniform(0.18, 0.42)
    far = np.hypot(x - across, y - down)
    glow = rgb("f3ead0")
    lay(picture, glow, 0.42 * np.exp(-np.maximum(far - radius, 0) / (radius * 2.2)))
    lay(picture, glow, cover(far - radius, 2) * (0.93 + 0.07 * noise(rng, width, height, radius, 3)))


def _town(rng: Rng, picture: Pixels, colour: Pixels, depth: float) -> None:
    """Set roofs, gables and a few spires on the lower edge of the sky, blurred by the damp air."""
    height, width = picture.shape[:2]
    x = np.arange(width, dtype=np.float32)
    skyline = np.full(width, 0.03 * height, np.float32)
    left = -30.0
    while left < width:
        wide = width * rng.uniform(0.018, 0.06) * (0.7 + 0.5 * depth)
        tall = height * rng.uniform(0.05, 0.13) * (1.5 - 0.7 * depth)
        away = np.clip(np.abs((x - left) / wide - 0.5) * 2, 0, None)
        kind = rng.choice(4, p=[0.34, 0.54, 0.04, 0.08])
        rise = (
            tall + 0 * x,
            tall + wide * 0.45 * (1 - away),
            tall + wide * 0.5 * np.sqrt(np.clip(1 - away**2, 0, 1)),
            np.maximum(tall * 1.1, height * rng.uniform(0.2, 0.42) * np.clip(1 - away * 3, 0, 1) ** 0.7),
        )[kind]
        skyline = np.maximum(skyline, np.where(away <= 1, rise, 0))
        left += wide * rng.uniform(0.7, 1.3)
    _, y = axes(width, height)
    lay(picture, colour, blurred(cover(height - skyline[None, :] - y), 3 - 2 * depth) * (0.75 + 0.2 * depth))


def _water(rng: Rng, upper: Pixels, height: int, dark: Pixels) -> Pixels:
    """Return the sky mirrored in water: drawn out downwards and broken into ripples."""
    shore, width = upper.shape[:2]
    x, y = axes(width, height)
    nearer = 0.25 + y / height
    shift = noise(rng, width, height, (110, 9), 3, 0.6) * nearer * 26
    rise = noise(rng, width, height, (160, 7), 2) * nearer * 14
    rows = np.clip(shore - 2 - y * shore / height * 0.9 + rise, 0, shore - 1).astype(np.int32)
    columns = np.clip(x + shift, 0, width - 1).astype(np.int32)
    mirrored = upper[rows, columns]
    drawn = np.maximum(mirrored, 0.7 * upper[np.clip(rows - 40, 0, shore - 1), columns])
    glint = np.clip(noise(rng, width, height, (90, 5), 2) - 0.45, 0, 1) * 0.5
    return np.asarray(drawn * (0.78 + glint[..., None]) + dark * 0.18)


def _fog(rng: Rng, picture: Pixels, shore: int, colour: Pixels) -> None:
    height, width = picture.shape[:2]
    _, y = axes(width, height)
    bank = np.clip(noise(rng, width, height, (700, 90), 4) + 0.35, 0, 1)
    lay(picture, colour * 1.2, 0.42 * bank * np.exp(-(((y - shore) / (height * 0.1)) ** 2)))


def _lamps(rng: Rng, picture: Pixels, shore: int, count: int) -> None:
    """Light lamps along the shore, each with its halo and its long broken reflection."""
    height, width = picture.shape[:2]
    broken = np.clip(0.5 + 1.1 * noise(rng, width, height, (36, 6), 2), 0, 1)
    sway = 5 * noise(rng, 1, height, (10, 26), 2)
    for across in rng.uniform(0.02, 0.98, count) * width:
        power, colour = rng.uniform(0.35, 1), LAMPS[rng.integers(len(LAMPS))]
        up, long = shore - height * rng.uniform(0.004, 0.035), height * (0.12 + 0.3 * power)
        reach = 30 + 75 * power
        part, x, y = within(picture, across - reach, up - reach, across + reach, up + reach)
        lay(part, colour, 0.32 * power * np.exp(-np.hypot(x - across, y - up) / (14 * power + 4)))
        lay(part, LAMPS[2], cover(np.hypot(x - across, y - up) - 1.4 - 1.6 * power, 2))
        box = (across - 26, shore, across + 26, height)
        part, x, y = within(picture, *box)
        thick = 2.2 + 3.5 * power * np.clip((y - shore) / long, 0, 1)
        place = x - across - sway[height - len(y) :]
        streak = power * np.exp(-((place / thick) ** 2) - (y - shore) / long)
        lay(part, colour, np.clip(streak * within(broken, *box)[0], 0, 0.9))


def _open_water(rng: Rng, picture: Pixels, shore: int, dark: Pixels) -> None:
    """Leave the water empty but for one low boat and its oarsman."""
    height, width = picture.shape[:2]
    across, down, half = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.74, 0.84), width * 0.05
    part, x, y = within(picture, across - half * 1.5, down - half, across + half * 1.5, down + half)
    hull = np.maximum(rect(x, y, across, down, half * 2, half * 0.13), np.abs(x - across) - half + (y - down) * 0.8)
    man = rect(x, y, across - half * 0.5, down - half * 0.35, 3, half * 0.3)
    lay(part, dark * 0.8, np.maximum(cover(hull, 2), cover(man, 3)))


def _bridge(rng: Rng, picture: Pixels, shore: int, dark: Pixels) -> None:
    """Carry a bridge on round arches over the whole width, its reflection closing the circles."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    span, offset = width / rng.uniform(2.6, 4.2), rng.uniform(0, 1) * width
    deck, foot = shore - height * 0.075, shore + height * 0.05
    along = np.abs((x + offset) % span - span / 2)
    arch = 1 - np.hypot(along / (span * 0.42), (y - foot) / (foot - deck) / 0.86)
    stone = np.maximum(np.maximum(deck - y, y - foot), arch * span * 0.42)
    lay(picture, dark * 0.9, cover(stone, 2) * 0.96)
    mirrored = np.maximum(y - foot - (foot - deck) * 0.9, foot - y)
    ripple = noise(rng, width, height, (80, 6), 2)
    through = 1 - np.hypot(along / (span * 0.42), (y - foot + 5 * ripple) / (foot - deck) / 0.8)
    lay(picture, dark * 0.9, cover(np.maximum(mirrored, through * span * 0.42), 4) * np.clip(0.62 + 0.3 * ripple, 0, 1))


def _ships(rng: Rng, picture: Pixels, shore: int, dark: Pixels) -> None:
    """Moor two or three ships, masts and yards against the sky."""
    height, width = picture.shape[:2]
    for across in width * np.sort(rng.permutation(np.array([0.2, 0.42, 0.62, 0.82]))[: rng.integers(2, 4)]):
        line, half = shore + height * rng.uniform(0.03, 0.1), width * rng.uniform(0.07, 0.11)
        part, x, y = within(picture, across - half * 1.4, line - half * 2.3, across + half * 1.4, line + half)
        sheer = line - half * 0.16 - ((x - across) / half) ** 2 * half * 0.08
        black = cover(np.maximum(np.maximum(sheer - y, y - line), np.abs(x - across) - half + (y - sheer) * 0.5), 2)
        for share in (-0.5, 0.05, 0.55):
            mast, top = across + share * half, line - half * rng.uniform(1.5, 2.2)
            black = np.maximum(black, cover(rect(x, y, mast, (top + line) / 2, 1.8, (line - top) / 2)))
            for level, reach in ((0.3, 0.2), (0.55, 0.28)):
                yard = rect(x, y, mast, top + (line - top) * level, half * reach, 1.3)
                black = np.maximum(black, cover(yard))
        lay(part, dark * 0.75, black)
        shade = 12 * noise(rng, part.shape[1], part.shape[0], (60, 6), 2)
        below = np.maximum(np.maximum(line - y, y - line - half * 0.9), np.abs(x - across + shade) - half * 0.9)
        lay(part, dark * 0.8, cover(below, 12) * 0.55)


def _fireworks(rng: Rng, picture: Pixels, shore: int, dark: Pixels) -> None:
    """Let a rocket fall in sparks over the town, and again in the water."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(2, 4))):
        across, up = width * rng.uniform(0.2, 0.8), shore * rng.uniform(0.2, 0.5)
        colour = LAMPS[rng.integers(len(LAMPS))]
        angle, speed = rng.uniform(0, 2 * np.pi, 230), rng.uniform(0.15, 1, 230) ** 0.6 * height * 0.14
        for age in np.linspace(0.3, 1, 9):
            xs = (across + np.cos(angle) * speed * age).astype(int)
            ys = (up + np.sin(angle) * speed * age * 0.8 + height * 0.09 * age**2).astype(int)
            for reflected, strength in ((False, age), (True, age * 0.3)):
                rows = 2 * shore - ys if reflected else ys
                ok = (xs > 0) & (xs < width - 2) & (rows > 0) & (rows < height - 2) & (rng.random(230) < 0.75)
                for down, right in ((0, 0), (1, 0), (0, 1)):
                    picture[rows[ok] + down, xs[ok] + right] += colour * strength * (0.75 if not down + right else 0.35)


SCENES = (_open_water, _ships, _bridge, _fireworks)

ARTIST = Artist(
    name="Josephine Blackwood",
    born=1852,
    died=1927,
    movement="Tonalism",
    medium="Oil on canvas",
    about="By day she kept the accounts of a ferry company; the ferries took her home.",
    titles=(
        "Nocturne: The Long Embankment",
        "Nocturne: Before Snow",
        "Nocturne in Green and Pewter",
        "Nocturne: Violet Hour",
        "Moon over the Ferry Stage",
        "Nocturne: The Late Boat",
        "Nocturne: Coal Smoke",
        "Nocturne: Lamplighters",
        "Festival Night, Far Shore",
        "Nocturne: Silver Tide",
        "Nocturne in Blue and Brass",
        "Nocturne: No Wind",
        "Nocturne: The Old Customs House",
        "Nocturne in Plum",
        "Nocturne: First Frost",
        "Nocturne: St Brannoc's from the Water",
        "Nocturne: Fog Bell",
        "Nocturne: Weir Street",
        "Nocturne: The Theatre Empties",
        "Nocturne: Nobody Waiting",
    ),
    shapes=((1240, 860), (1280, 800), (960, 1160), (1200, 900)),
    draw=draw,
    terms=attribution("Josephine Blackwood Trust"),
    layout="endless",
)
