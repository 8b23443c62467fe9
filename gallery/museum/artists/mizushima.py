"""Rei Mizushima: the sea in few blocks of colour, printed from cherry wood."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    Pixels,
    Rng,
    above_zero,
    axes,
    cover,
    finish,
    lay,
    noise,
    paper,
    plane,
    ramp,
    rect,
    rgb,
    tones,
    within,
)
from gallery.museum.model import Artist, Sheet

# Paper, top band of the sky, sky, sun or moon, far shore, light water, deep water, ink.
BLOCKS = [
    tones(words)
    for words in (
        "f1e6cf 2d4f7c e9d9b6 c8402b 7f9aa3 7fa9b3 24507a 14263c",
        "efe4d0 b8503c f2cfa0 d23f2a 8c7a86 a9bdb4 3d6b7d 1c2b3a",
        "ece2d2 1c2a44 41597a f2e8c9 2a3d57 4f7690 1d3553 0d1726",
        "f2e9d6 7fa7a3 eadfc2 d9694a 9fb0a0 9cc3b5 3f7f7d 1b3b40",
        "eee0cc 6c5a86 e3bfb0 e8b04a 8f86a0 a7b3c4 56648f 262746",
    )
]
MARGIN = 44
# Strokes of the seal: middle, half width and half height.
CHARACTER = ((20, 15, 10, 1), (20, 20, 1, 11), (20, 37, 10, 1), (12, 43, 1, 7), (28, 43, 1, 7), (20, 25, 10, 1))


def draw(sheet: Sheet) -> Image:
    """Print sky, far shore and sea one block after the other, then the seal."""
    rng = sheet.rng
    blocks = BLOCKS[sheet.number % len(BLOCKS)]
    width, height = sheet.width - 2 * MARGIN, sheet.height - 2 * MARGIN
    horizon = height * rng.uniform(0.34, 0.48)
    print_ = _sky(rng, width, height, horizon, blocks)
    _shore(rng, print_, horizon, blocks, sheet.number)
    (_rollers, _scales, _rollers, _swell)[sheet.number % 4](rng, print_, horizon, blocks)
    (_sails, _clouds, _rain, _birds)[sheet.number % 4](rng, print_, horizon, blocks)
    print_ = print_ * (1 + 0.035 * _wood(rng, width, height))[..., None]
    picture = plane(sheet.width, sheet.height, blocks[0])
    picture[MARGIN : MARGIN + height, MARGIN : MARGIN + width] = print_
    _seal(rng, picture, sheet.width - MARGIN - 64, sheet.height - MARGIN - 88)
    return finish(paper(rng, picture, 0.03))


def _wood(rng: Rng, width: int, height: int) -> Pixels:
    """Return the grain of a plank: long rings about a few knots, about -1..1."""
    bend = noise(rng, width, height, (width * 0.8, height * 0.3), 3)
    _, y = axes(width, height)
    rings = np.sin((y / 5.5 + bend * 22) + 0.8 * noise(rng, width, height, (90, 3), 2))
    return 0.6 * rings + 0.6 * noise(rng, width, height, (60, 2.5), 1)


def _sky(rng: Rng, width: int, height: int, horizon: float, blocks: list[Pixels]) -> Pixels:
    x, y = axes(width, height)
    _, band, sky, sun, *_ = blocks
    # The wiped gradients of a printer's brush: dark at the very top, warm along the horizon.
    picture = ramp(y / horizon + 0 * x, [band, sky, sky, sky * 0.75 + sun * 0.25], [0, 0.34, 0.7, 1])
    radius = height * rng.uniform(0.07, 0.13)
    across, up = width * rng.choice([0.24, 0.33, 0.7]), horizon - height * rng.uniform(0.02, 0.2)
    lay(picture, sun, cover(np.hypot(x - across, y - up) - radius))
    return picture


def _shore(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels], number: int) -> None:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    if number % 2:
        peak, reach = width * rng.uniform(0.55, 0.75), width * rng.uniform(0.3, 0.42)
        rise = horizon * rng.uniform(0.5, 0.68)
        away = np.abs(x - peak) / reach
        cone = horizon - rise * np.clip(np.exp(-away * 2.6) * 1.08 - 0.08, 0, 0.93)
        lay(picture, blocks[4], cover(cone - y))
        drip = horizon - rise * 0.62 + 14 * np.abs(noise(rng, width, 1, 34, 3)) * np.array([[1.0]], np.float32)
        lay(picture, blocks[0], cover(np.maximum(cone - y, y - drip)))
    hills = horizon - height * 0.05 * (0.7 + noise(rng, width, 1, width * 0.4, 4))
    lay(picture, blocks[4] * 0.6 + blocks[7] * 0.4, cover(hills - y))


def _rollers(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    """Wave behind wave, each cut with lines that follow its back."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    lay(picture, blocks[5], cover(horizon - y))
    rows = 7
    for number in range(rows):
        near = (number + 1) / rows
        base = horizon + (height - horizon) * (near**1.35) * 0.93 - height * 0.02
        length, tall = width * (0.10 + 0.34 * near), height * (0.012 + 0.085 * near)
        phase = rng.uniform(0, 1)
        bend = x / length + phase + 0.16 * np.sin(x / length * 2.1 + number)
        # A crest is sharp and leans; a trough is round.
        turn = (bend % 1 + 0.11 * np.sin(2 * np.pi * bend)) * np.pi
        crest = base - tall * (1 - np.abs(np.sin(turn))) ** 0.85 * (0.75 + 0.25 * np.sin(bend * 0.7))
        depth = y - crest
        body = ramp(np.clip(depth / (height * 0.16 * (0.4 + near)), 0, 1) + 0 * x, [blocks[5], blocks[6], blocks[6]])
        lay(picture, body, cover(-depth))
        spacing = 5 + 11 * near
        fading = np.clip(1 - depth / (spacing * 5.5), 0, 1)
        lines = np.abs((depth + spacing * 0.3) % spacing - spacing / 2) - (0.7 + 1.5 * near) * fading
        lay(picture, blocks[7], cover(lines) * cover(-depth + spacing * 0.6) * (fading > 0) * 0.9)
        _foam(picture, crest, bend, near, blocks)


def _foam(picture: Pixels, crest: Pixels, bend: Pixels, near: float, blocks: list[Pixels]) -> None:
    """Edge a crest with scalloped foam, thickest at the top of the wave."""
    x, y = axes(picture.shape[1], picture.shape[0])
    scallop = 6 + 15 * near
    thick = (2 + 20 * near) * (1 - np.abs(np.sin(np.pi * bend))) ** 1.6 + 2
    curls = np.abs(np.sin(np.pi * x / scallop)) * scallop * 0.35
    lay(picture, blocks[7], cover(np.abs(y - crest - thick / 2 - 1) - thick / 2 - curls * 0.6 - 1.6))
    lay(picture, blocks[0], cover(np.abs(y - crest - thick / 2) - thick / 2 - curls * 0.5))


def _scales(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    """A calm sea out of overlapping fans that grow towards us."""
    height, width = picture.shape[:2]
    lay(picture, blocks[6], cover(horizon - axes(width, height)[1]))
    line, size, row = horizon, height * 0.022, 0
    while line < height + size:
        for number in range(-1, int(width / (2 * size)) + 2):
            across = (2 * number + row % 2) * size
            part, x, y = within(picture, across - size, line - size, across + size, line + size)
            if min(part.shape[:2]) < 2:
                continue
            far = np.hypot(x - across, y - line)
            visible = cover(far - size) * (y > horizon)
            lay(part, blocks[0], visible)
            bands = above_zero(np.sin((far / size) * np.pi * 3.5 + 0.6) + 0.15)
            share = (line - horizon) / (height - horizon) + rng.normal(0, 0.06)
            lay(part, ramp(share, [blocks[6], blocks[5]]), cover(far - size + 1.5) * bands * (y > horizon))
        line += size * 0.5
        size *= 1.035
        row += 1


def _swell(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    """Long quiet bands of water with broken lines of light."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    near = np.clip((y - horizon) / (height - horizon), 0, 1)
    lay(picture, ramp(near + 0 * x, [blocks[5], blocks[6], blocks[6] * 0.5 + blocks[7] * 0.5]), cover(horizon - y))
    wave = noise(rng, width, height, (width * 0.3, height * 0.06), 3) * 0.5
    bands = np.sin(np.sqrt(near) * 58 + wave * 5 + 0.9 * np.sin(x / width * 9 + near * 5))
    lay(picture, blocks[7], above_zero(bands - 0.62 - 0.5 * wave) * cover(horizon - y) * 0.75)
    lay(picture, blocks[0], above_zero(bands * -1 - 0.86 - 0.6 * wave) * cover(horizon - y) * 0.9)


def _sails(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    for _ in range(int(rng.integers(2, 5))):
        height, width = picture.shape[:2]
        size = height * rng.uniform(0.025, 0.06)
        across, foot = width * rng.uniform(0.1, 0.9), horizon + size * 0.5
        part, x, y = within(picture, across - size * 2, foot - size * 2, across + size * 2, foot + size)
        belly = size * 0.5 + size * 0.14 * np.cos((y - foot + size) / size * 2)
        for half_tall, rim, block in ((0.72, 1.5, 7), (0.68, 0, 0)):
            lay(part, blocks[block], cover(rect(x, y, across, foot - size * 0.75, belly + rim, size * half_tall)))
        hull = np.maximum(np.abs(y - foot) - size * 0.1, np.abs(x - across) - size * 0.8 + (y - foot))
        lay(part, blocks[7], cover(hull))


def _clouds(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    """Bars of mist with round ends."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    for _ in range(int(rng.integers(3, 6))):
        half, long = height * rng.uniform(0.009, 0.02), width * rng.uniform(0.15, 0.4)
        across, up = width * rng.uniform(0, 1), horizon * rng.uniform(0.25, 0.92)
        for step, share in ((0, 1.0), (1, 0.7)):
            beyond = np.maximum(np.abs(x - across - step * long * 0.5) - long * share, 0)
            bar = np.hypot(beyond, y - up - step * half * 2) - half
            lay(picture, blocks[0] * 0.9 + blocks[2] * 0.1, cover(bar) * 0.92)


def _rain(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    """Slanting rain in thin straight lines."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    for slant, spacing in ((0.28, 21.0), (0.34, 33.0)):
        place = x + slant * y + rng.uniform(0, 40)
        stroke = np.abs(place % spacing - spacing / 2) - 0.55
        gaps = noise(rng, width, height, (16, 190), 2) > -0.15
        lay(picture, blocks[7], cover(stroke) * gaps * 0.5)


def _birds(rng: Rng, picture: Pixels, horizon: float, blocks: list[Pixels]) -> None:
    """A skein of geese."""
    height, width = picture.shape[:2]
    lead = np.array([width * rng.uniform(0.45, 0.8), horizon * rng.uniform(0.2, 0.4)])
    for number in range(11):
        side, rank = (-1, 1)[number % 2], (number + 1) // 2
        at = lead + np.array([-rank * 34.0, side * rank * 13 + rank * 5]) + rng.normal(0, 4, 2)
        part, x, y = within(picture, at[0] - 20, at[1] - 16, at[0] + 20, at[1] + 16)
        away = np.abs(x - at[0])
        wing = np.abs(y - at[1] + 7 * np.sin(np.clip(away / 15, 0, 1) * 2.6)) - 1.7 * np.clip(1 - away / 15, 0, 1)
        lay(part, blocks[7], cover(np.maximum(wing, away - 15)))


def _seal(rng: Rng, picture: Pixels, left: float, top: float) -> None:
    """Stamp a small red seal of four cut strokes."""
    part, x, y = within(picture, left, top, left + 40, top + 60)
    u, v = x - left, y - top
    worn = np.clip(noise(rng, part.shape[1], part.shape[0], 9, 2) + 0.9, 0, 1)
    lay(part, rgb("b5281e"), cover(rect(u, v, 20, 30, 16, 26)) * worn * 0.92)
    for across, down, half_wide, half_tall in CHARACTER:
        lay(part, rgb("f1e6cf"), cover(rect(u, v, across, down, half_wide, half_tall)) * worn)


ARTIST = Artist(
    name="Rei Mizushima",
    born=1878,
    died=1953,
    movement="Shin-hanga",
    medium="Colour woodblock print",
    about="She cut her own blocks, kept a boat, and was said to prefer the boat.",
    titles=(
        "Fleet Leaving at Sunrise",
        "Fans of the Inland Sea",
        "Rain over the Strait",
        "Geese, Mild Morning",
        "Fleet before the Squall",
        "The White Cone across the Bay",
        "Red Rain",
        "Geese at Moonrise",
        "Fleet off Murotsu",
        "Fans in the Violet Hour",
        "Rain, Heavy Sea",
        "Geese over Red Water",
        "Night Fleet",
        "The Cone in Spring",
        "Evening Rain at Oki",
        "Geese, First Frost",
        "Fleet Coming Home Red",
        "Fans under the Moon",
        "Rain like Reeds",
        "Geese and the Last Light",
    ),
    shapes=((1240, 860), (900, 1240), (1200, 900), (860, 1240)),
    draw=draw,
    tags=("sea", "waves", "print"),
    layout="linked",
)
