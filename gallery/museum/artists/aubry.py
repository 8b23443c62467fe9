"""Célestine Aubry: riverbanks and coasts out of pure dots that mix in the eye."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    SCALE,
    Pixels,
    Points,
    Rng,
    axes,
    cover,
    draft,
    finish,
    lay,
    linen,
    noise,
    ramp,
    rect,
    settle,
    tones,
)
from gallery.museum.model import Artist, Sheet

# Zenith, horizon, sun, far hills, near ground, its lights, leaves in shade, leaves in the sun.
HOURS = [
    tones(words)
    for words in (
        "5f93c9 f4e2b8 fff4c4 7f93bd 7fa24a d9d06a 2f5c46 8fb84a",
        "7a86c4 f7c59a ffe08a 9a7fb0 b0783c f0c05a 4a3f6b c98a3f",
        "84b8d8 eef0d8 fffbe0 86a9b8 a3b45c e8e08c 3d6a55 a9c46a",
        "4f5fa8 f09a7a ffc860 6a5a9a 54683f c9a050 2c3560 8a7a4a",
        "a9cbe0 f8e8ec fff6ee a8aecb 8fae6f f0d8e0 5a7a68 e8a8b8",
    )
]


def draw(sheet: Sheet) -> Image:
    """Compose a small landscape, then set every colour of it as dots of three sizes."""
    rng = sheet.rng
    width, height = sheet.width // 4, sheet.height // 4
    scene = SCENES[sheet.number % len(SCENES)](rng, width, height, HOURS[sheet.number % len(HOURS)])
    image, pen = draft(sheet.width, sheet.height, scene.mean((0, 1)) * 0.35 + 0.55)
    for spacing, radius, drift in ((11, 7.2, 0.05), (8, 4.6, 0.075), (8, 3.4, 0.09)):
        places = _places(rng, sheet.width, sheet.height, spacing)
        columns = np.clip(places[:, 0] / 4, 0, width - 1).astype(int)
        rows = np.clip(places[:, 1] / 4, 0, height - 1).astype(int)
        colours = _divided(rng, scene[rows, columns], drift)
        sizes = radius * SCALE * rng.uniform(0.75, 1.15, len(places))
        for (x, y), half, colour in zip((places * SCALE).tolist(), sizes.tolist(), colours, strict=True):
            pen.ellipse((x - half, y - half, x + half, y + half), fill=tuple(colour))
    return finish(linen(rng, settle(image), 0.03))


def _places(rng: Rng, width: int, height: int, spacing: int) -> Points:
    """Return places about `spacing` apart, in random order."""
    x, y = np.meshgrid(np.arange(0, width + spacing, spacing), np.arange(0, height + spacing, spacing))
    places = np.stack([x.ravel(), y.ravel()], axis=1) + rng.uniform(-0.55, 0.55, (x.size, 2)) * spacing
    rng.shuffle(places)
    return places


def _divided(rng: Rng, colours: Pixels, drift: float) -> list[list[int]]:
    """Return each colour as one of the purer ones it is mixed of: warmer, cooler, or its opposite."""
    grey = colours.mean(axis=1, keepdims=True)
    purer = grey + (colours - grey) * rng.uniform(1.1, 1.6, (len(colours), 1))
    warmth = rng.normal(0, drift, (len(colours), 1)) * np.array([1.3, 0.2, -1.4])
    light = rng.normal(0, drift * 0.8, (len(colours), 1))
    opposite = rng.random((len(colours), 1)) < 0.05
    mixed = np.where(opposite, grey * 1.5 - purer * 0.5, purer) + warmth + light
    dots: list[list[int]] = (np.clip(mixed, 0, 1) * 255).astype(int).tolist()
    return dots


def _sky(rng: Rng, width: int, height: int, hour: list[Pixels], horizon: float) -> Pixels:
    x, y = axes(width, height)
    picture = ramp(y / horizon + 0 * x, hour[:2])
    clouds = noise(rng, width, height, (width * 0.4, height * 0.12), 4)
    lay(picture, hour[1] * 0.5 + 0.5, np.clip(clouds * 1.4 - 0.25, 0, 0.75) * cover(y - horizon, 2))
    sun, up = width * rng.uniform(0.2, 0.8), horizon * rng.uniform(0.25, 0.75)
    far = np.hypot(x - sun, y - up)
    lay(picture, hour[2], np.clip(cover(far - height * 0.035, 2) + 0.55 * np.exp(-far / (height * 0.12)), 0, 1))
    return picture


def _hills(rng: Rng, picture: Pixels, hour: list[Pixels], horizon: float) -> None:
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    for depth in (0.3, 0.65):
        crest = horizon - height * (0.16 - 0.15 * depth) * (0.6 + 0.8 * noise(rng, width, 1, width * 0.5, 3))
        colour = hour[3] * (1.15 - 0.35 * depth) + hour[6] * 0.25 * depth
        lay(picture, colour + 0.05 * noise(rng, width, height, 12, 2)[..., None], cover(crest - y))


def _tree(rng: Rng, picture: Pixels, hour: list[Pixels], foot: tuple[float, float], tall: float, slim: float) -> None:
    """Plant a tree: a cluster of leafy balls lit from the upper left, its shadow lying to the right."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    lay(picture, hour[6] * 0.7, cover(rect(x, y, foot[0], foot[1] - tall * 0.2, tall * 0.025, tall * 0.2)))
    shadow = np.hypot((x - foot[0] - tall * 0.22) / (tall * 0.42), (y - foot[1]) / (tall * 0.06))
    lay(picture, hour[6] * 0.6 + hour[3] * 0.4, cover((shadow - 1) * tall * 0.06, 3) * 0.6)
    for _ in range(16):
        level = rng.uniform(0.25, 0.95)
        spread = tall * slim * np.sin(np.pi * np.clip(level * 0.8 + 0.15, 0, 1))
        across, up = foot[0] + rng.uniform(-1, 1) * spread, foot[1] - tall * level
        ball = tall * rng.uniform(0.07, 0.15) * (0.7 + slim)
        far = np.hypot(x - across, y - up) - ball
        lit = np.clip(0.5 - ((x - across) + (y - up)) / ball * 0.4, 0, 1)[..., None]
        lay(picture, hour[6] + (hour[7] - hour[6]) * lit, cover(far, 2))


def _river(rng: Rng, width: int, height: int, hour: list[Pixels]) -> Pixels:
    """A river that comes towards us between poplars."""
    horizon = height * rng.uniform(0.36, 0.46)
    picture = _sky(rng, width, height, hour, horizon)
    _hills(rng, picture, hour, horizon)
    x, y = axes(width, height)
    meadow = hour[4] + (hour[5] - hour[4]) * np.clip(noise(rng, width, height, (50, 7), 3) + 0.4, 0, 1)[..., None]
    lay(picture, meadow, cover(horizon - y))
    near = np.clip((y - horizon) / (height - horizon), 0, 1)
    bend = width * (0.5 + rng.choice([-1, 1]) * 0.24 * np.sin(near * 3.4 + rng.uniform(0, 0.8)))
    mirrored = picture[np.clip(2 * int(horizon) - np.arange(height), 0, height - 1)]
    ripple = 0.05 * noise(rng, width, height, (26, 3), 2)
    bank = np.abs(x - bend) - width * (0.015 + 0.30 * near**1.4)
    lay(picture, mirrored * 0.92 + ripple[..., None], cover(np.maximum(bank, horizon - y + 1), 3))
    for near_by in np.sort(rng.uniform(0.02, 0.5, 9)):
        line = horizon + (height - horizon) * near_by
        beside = rng.choice([-1, 1]) * rng.uniform(0.22 + 0.3 * near_by, 0.5)
        _tree(
            rng,
            picture,
            hour,
            (width * (0.5 + beside), line),
            height * (0.16 + 0.55 * near_by),
            rng.choice([0.1, 0.12, 0.3]),
        )
    return picture


def _coast(rng: Rng, width: int, height: int, hour: list[Pixels]) -> Pixels:
    """A bay with sails below a headland."""
    horizon = height * rng.uniform(0.4, 0.5)
    picture = _sky(rng, width, height, hour, horizon)
    x, y = axes(width, height)
    deep = np.clip((y - horizon) / (height - horizon), 0, 1)
    deep = deep + 0.08 * noise(rng, width, height, (50, 4), 3)
    lay(picture, ramp(deep, [hour[1] * 0.7 + hour[0] * 0.3, hour[0], hour[3] * 0.8]), cover(horizon - y))
    side = rng.choice([-1, 1])
    cape = horizon - height * 0.22 * np.clip(1 - (x if side < 0 else width - x) / (width * 0.45), 0, 1) ** 0.7
    cape = cape - height * 0.02 * noise(rng, width, 1, 30, 3)
    lay(picture, hour[3] * 0.8 + hour[6] * 0.2, cover(np.maximum(cape - y, y - horizon)))
    for share in np.sort(rng.uniform(0.02, 0.5, 6)):
        foot, across = horizon + (height - horizon) * share, rng.uniform(0.1, 0.9) * width
        tall = height * (0.05 + 0.3 * share)
        lean = np.clip((y - foot + tall) / tall, 0, 1)
        sail = np.maximum(np.maximum(across - x, x - across - tall * 0.5 * lean), np.maximum(foot - tall - y, y - foot))
        lay(picture, hour[2] * 0.96, cover(sail))
        glint = np.maximum(np.abs(x - across - tall * 0.2) - tall * 0.14, np.maximum(foot - y, y - foot - tall * 0.7))
        lay(picture, hour[2], cover(glint, 5) * 0.5)
        lay(picture, hour[6], cover(rect(x, y, across + tall * 0.15, foot, tall * 0.36, tall * 0.05)))
    beach = height * (0.9 - 0.16 * np.clip((x if side > 0 else width - x) / width, 0, 1) ** 2)
    lay(picture, hour[5] * 0.7 + hour[1] * 0.3, cover(beach - y, 2))
    return picture


def _orchard(rng: Rng, width: int, height: int, hour: list[Pixels]) -> Pixels:
    """Rows of round trees that run over a hill, poppies in the grass."""
    horizon = height * rng.uniform(0.3, 0.4)
    picture = _sky(rng, width, height, hour, horizon)
    _hills(rng, picture, hour, horizon)
    x, y = axes(width, height)
    brow = horizon + height * 0.05 * np.sin(x / width * 3 + rng.uniform(0, 6))
    near = np.clip((y - brow) / (height - horizon), 0.001, 1)
    rows = np.sin((x - width * rng.uniform(0.3, 0.7)) / (near + 0.12) / width * 16)
    grass = 0.5 + 0.45 * rows + 0.3 * noise(rng, width, height, 20, 2)
    lay(picture, ramp(grass, hour[4:6]), cover(brow - y))
    poppies = np.clip(noise(rng, width, height, 4, 1) * 3 - 2.1 + near, 0, 1) * near
    lay(picture, tones("e0492c")[0], poppies * 0.9)
    for near_by in np.sort(rng.uniform(0.03, 0.62, 11)):
        line = horizon + (height - horizon) * (near_by + 0.08)
        _tree(rng, picture, hour, (rng.uniform(0.02, 0.98) * width, line), height * (0.11 + 0.42 * near_by), 0.36)
    return picture


SCENES = (_river, _coast, _orchard)

ARTIST = Artist(
    name="Célestine Aubry",
    born=1859,
    died=1931,
    movement="Pointillism",
    medium="Oil on canvas",
    about="She mixed nothing on the palette and everything at ten paces.",
    titles=(
        "The Vence at Noon",
        "Sails off Cap Doré, Evening",
        "Orchard in May",
        "Poplars, the Last Warmth",
        "Regatta in a Rose Mist",
        "Hillside at Belloc",
        "The Ford",
        "The Bay, Very Early",
        "Orchard under a Hot Moon",
        "The Backwater, Cherry Time",
        "Morning Fleet",
        "The Copper Orchard",
        "Poplars in a Pale Light",
        "Three Boats Home",
        "Almond Blossom",
        "The Mill Reach",
        "Sails at Six O'Clock",
        "The Rows at Belloc",
        "The River, Stormlight",
        "Calm after the Regatta",
    ),
    shapes=((1200, 820), (1240, 860), (1120, 900), (900, 1120)),
    draw=draw,
    tags=("landscape", "dots", "river", "coast"),
    layout="picture",
)
