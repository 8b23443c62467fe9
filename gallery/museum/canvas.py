"""Drawing tools that all artists share: colours, chance that looks natural, sharp edges without jaggies, grounds.

Colours are float32 arrays of three numbers in 0..1 and pictures are height x width x 3 of them. Shapes that
Pillow draws are drawn `SCALE` times larger and shrunk; shapes from formulas get soft edges from the distance to
their outline in pixels.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels: TypeAlias = NDArray[np.floating[Any]]
Rng: TypeAlias = np.random.Generator
Points: TypeAlias = NDArray[np.floating[Any]]
Point: TypeAlias = tuple[float, float]

SCALE = 2
GRAIN = 1600  # side in pixels of the grounds' grain, made once; each work gets a piece of it


def rgb(text: str) -> Pixels:
    """Return a colour from its six hexadecimal digits."""
    return np.array(list(bytes.fromhex(text)), np.float32) / 255


def tones(text: str) -> list[Pixels]:
    """Return the colours of a list of six-digit words."""
    return [rgb(word) for word in text.split()]


def ink(colour: Pixels) -> tuple[int, int, int]:
    """Return a colour as Pillow takes it."""
    red, green, blue = (int(part) for part in (np.clip(colour, 0, 1) * 255 + 0.5))
    return red, green, blue


def vary(rng: Rng, colour: Pixels, amount: float) -> Pixels:
    """Return the colour a little lighter or darker and a little shifted in hue."""
    shifted = colour + rng.normal(0, amount) + rng.normal(0, amount * 0.6, 3)
    return np.clip(shifted, 0, 1).astype(np.float32)


def plane(width: int, height: int, colour: Pixels) -> Pixels:
    """Return a picture of one colour."""
    return np.broadcast_to(colour, (height, width, 3)).astype(np.float32)


def axes(width: int, height: int) -> tuple[Pixels, Pixels]:
    """Return the pixels' centres: x as a row, y as a column, ready to broadcast."""
    x = np.arange(width, dtype=np.float32) + 0.5
    y = np.arange(height, dtype=np.float32) + 0.5
    return x[None, :], y[:, None]


def ramp(position: Pixels | float, colours: Sequence[Pixels], stops: Sequence[float] | None = None) -> Pixels:
    """Return the colours of a gradient at `position` (0..1, any shape)."""
    at = np.linspace(0, 1, len(colours)) if stops is None else stops
    table = np.stack([np.interp(np.linspace(0, 1, 1024), at, [c[k] for c in colours]) for k in range(3)], axis=-1)
    steps = np.asarray(np.clip(position, 0, 1) * 1023).astype(np.int32)
    return np.asarray(table.astype(np.float32)[steps])


def noise(rng: Rng, width: int, height: int, cell: float | Point, octaves: int = 4, keep: float = 0.5) -> Pixels:
    """Return smooth noise of about -1..1 whose largest features are `cell` pixels wide (and high)."""
    across, down = cell if isinstance(cell, tuple) else (cell, cell)
    # Coarse noise is made small and enlarged once: the same to the eye at a fraction of the time.
    shrink = int(np.clip(min(across, down) / 2 ** (octaves - 1) / 3, 1, 8))
    small = (-(-width // shrink), -(-height // shrink))
    total, strength = np.zeros(small[::-1], np.float32), 1.4 / float(sum(keep**k for k in range(octaves)))
    for octave in range(octaves):
        cells = [max(2.0, side * shrink * 2**octave / size) for side, size in zip(small, (across, down), strict=True)]
        knots = rng.uniform(-strength, strength, (int(cells[1]) + 4, int(cells[0]) + 4)).astype(np.float32)
        total += _enlarged(knots, small, (1.5, 1.5, 1.5 + cells[0], 1.5 + cells[1]))
        strength *= keep
    return total if shrink == 1 else _enlarged(total, (width, height), (0, 0, width / shrink, height / shrink))


def _enlarged(values: Pixels, size: tuple[int, int], box: tuple[float, float, float, float]) -> Pixels:
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC, box=box))


def cover(distance: Pixels, softness: float = 1.0) -> Pixels:
    """Return how much of each pixel lies inside a shape, from its distance to the outline (negative inside)."""
    return np.asarray(np.clip(0.5 - distance / softness, 0, 1), np.float32)


def rect(x: Pixels, y: Pixels, across: float, down: float, half_wide: float, half_tall: float) -> Pixels:
    """Return the distance to the outline of an upright rectangle about (across, down), for `cover`."""
    return np.asarray(np.maximum(np.abs(x - across) - half_wide, np.abs(y - down) - half_tall))


def above_zero(field: Pixels) -> Pixels:
    """Return 1 where the field is positive and 0 where it is not, with an edge one pixel wide between."""
    down, across = np.gradient(field)
    slope = np.maximum(np.hypot(down, across), 1e-6)
    return np.asarray(np.clip(field / slope + 0.5, 0, 1), np.float32)


def lay(picture: Pixels, colour: Pixels, mask: Pixels) -> None:
    """Paint a colour (or a whole picture) over the picture in place, as opaque as the mask (0..1)."""
    mask = np.broadcast_to(mask, picture.shape[:2])
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return
    # Most shapes are small: only the box around them is worth the work.
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    part = picture[box]
    part += (np.broadcast_to(colour, picture.shape)[box] - part) * mask[box][..., None]


def draft(width: int, height: int, colour: Pixels | None = None) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an image `SCALE` times larger to draw on: of a colour, or an empty mask."""
    size = (width * SCALE, height * SCALE)
    image = Image.new("L", size, 0) if colour is None else Image.new("RGB", size, ink(colour))
    return image, ImageDraw.Draw(image)


def scaled(points: ArrayLike) -> list[Point]:
    """Return points as Pillow takes them, on a draft."""
    return [(float(x), float(y)) for x, y in np.asarray(points, np.float64) * SCALE]


def settle(image: Image.Image) -> Pixels:
    """Return a draft shrunk to its true size, as a picture or as a mask."""
    return np.asarray(image.reduce(SCALE), np.float32) / 255


def finish(picture: Pixels) -> Image.Image:
    """Return the picture as an image to be saved."""
    return Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def blurred(mask: Pixels, radius: float) -> Pixels:
    """Return a mask blurred by about `radius` pixels."""
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def smooth(points: ArrayLike, steps: int = 12, closed: bool = True) -> Points:
    """Return a Catmull-Rom curve through the points, n x 2."""
    p = np.asarray(points, np.float64)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (p[k : len(p) - 3 + k, None, :] for k in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return curve.reshape(-1, 2)


def bearing(angle: ArrayLike) -> Points:
    """Return the unit vectors in these directions (radians), along a new last axis."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def turned(points: Points, angle: float) -> Points:
    """Return points turned about the origin, clockwise on the sheet for a positive angle."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn)


def ribbon(points: ArrayLike, widths: ArrayLike) -> Points:
    """Return the outline of a stroke along the points with a width at each of them."""
    p, half = np.asarray(points, np.float64), np.asarray(widths, np.float64)[:, None] / 2
    along = np.gradient(p, axis=0)
    along /= np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1) * half
    return np.concatenate([p + side, (p - side)[::-1]])


@lru_cache
def _paper_grain() -> Pixels:
    rng = np.random.default_rng(1)
    return noise(rng, GRAIN, GRAIN, 3, 2) + 0.7 * noise(rng, GRAIN, GRAIN, 90, 3)


@lru_cache
def _linen_weave() -> Pixels:
    rng = np.random.default_rng(2)
    weft = noise(rng, GRAIN, GRAIN, (40, 2.4), 1) * noise(rng, GRAIN, GRAIN, (9, 1.2), 1)
    warp = noise(rng, GRAIN, GRAIN, (2.4, 40), 1) + noise(rng, GRAIN, GRAIN, (1.6, 14), 1)
    return 0.36 * warp + 0.48 * weft + 0.6 * noise(rng, GRAIN, GRAIN, (30, 2.4), 1)


def _grained(rng: Rng, picture: Pixels, grain: Pixels, strength: float) -> Pixels:
    height, width = picture.shape[:2]
    top, left = rng.integers(GRAIN - height + 1), rng.integers(GRAIN - width + 1)
    return picture * (1 + strength * grain[top : top + height, left : left + width, None])


def paper(rng: Rng, picture: Pixels, strength: float = 0.03) -> Pixels:
    """Return the picture with the grain of paper."""
    return _grained(rng, picture, _paper_grain(), strength)


def linen(rng: Rng, picture: Pixels, strength: float = 0.05) -> Pixels:
    """Return the picture with the weave of a canvas, threads two to three pixels thick."""
    return _grained(rng, picture, _linen_weave(), strength)


def brushed(rng: Rng, width: int, height: int, length: float = 160, thickness: float = 3) -> Pixels:
    """Return the streaks of a wide brush drawn across, about -1..1."""
    return noise(rng, width, height, (length, thickness), 3, 0.6)


def within(picture: Pixels, left: float, top: float, right: float, bottom: float) -> tuple[Pixels, Pixels, Pixels]:
    """Return the part of a picture inside a box, to be painted in place, with the x and y of its pixels."""
    height, width = picture.shape[:2]
    columns = slice(int(np.clip(left, 0, width)), int(np.clip(right + 1, 0, width)))
    rows = slice(int(np.clip(top, 0, height)), int(np.clip(bottom + 1, 0, height)))
    x = np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5
    y = np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5
    return picture[rows, columns], x[None, :], y[:, None]
