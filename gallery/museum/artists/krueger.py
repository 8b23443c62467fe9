"""Anselm Krüger: windows of coloured glass, cut small and held in lead."""

from collections.abc import Callable

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import (
    SCALE,
    Pixels,
    Points,
    Rng,
    axes,
    bearing,
    blurred,
    cover,
    draft,
    finish,
    ink,
    lay,
    noise,
    plane,
    ramp,
    rect,
    rgb,
    scaled,
    settle,
    tones,
    vary,
)
from gallery.museum.model import Artist, Sheet, attribution

# From the heart of the window outwards, or from its top to its foot.
GLASS = [
    tones(words)
    for words in (
        "ffe9a3 f6a623 d8432c 7a1f4f 23306b 12204a",
        "f8f2c8 8fd0c2 2f8fa8 1e5a96 2a2f7a 1a1a4a",
        "fff0d0 f3b1b8 d0567f 7f3a8c 3d3a8f 1d2456",
        "f7f3b0 b5d45a 4f9d4a 1f6f5c 194a6b 14284f",
        "ffd76a ee7b30 b52b2f 6a1f2f 2c2a55 141a3a",
    )
]
LEAD = rgb("15151a")


def draw(sheet: Sheet) -> Image:
    """Cut the window into pieces, colour them, lead them, and let the sun through."""
    rng = sheet.rng
    plan = PLANS[sheet.number % len(PLANS)]
    points, colour_of = plan(rng, sheet.width, sheet.height, GLASS[(sheet.number + sheet.number // 5) % len(GLASS)])
    image, pen = draft(sheet.width, sheet.height, LEAD)
    lead, leading = draft(sheet.width, sheet.height)
    for place, piece in zip(points, _pieces(points, sheet.width, sheet.height), strict=True):
        if len(piece) < 3:
            continue  # wholly outside the window
        outline = scaled(piece)
        pen.polygon(outline, fill=ink(vary(rng, colour_of(place), 0.045)))
        leading.line([*outline, outline[0]], fill=255, width=7 * SCALE // 2, joint="curve")
    picture, came = settle(image), settle(lead)
    streaks = noise(rng, sheet.width, sheet.height, (14, 90), 2)
    light = 0.96 + 0.17 * noise(rng, sheet.width, sheet.height, 46, 4) + 0.1 * streaks
    x, y = axes(sheet.width, sheet.height)
    sun = np.exp(-(((x / sheet.width - rng.uniform(0.3, 0.7)) ** 2 + (y / sheet.height - 0.35) ** 2) / 0.35))
    picture = picture * (light * (0.78 + 0.42 * sun))[..., None]
    glow = np.stack([blurred(picture[..., k], 9) for k in range(3)], axis=-1)
    lay(picture, LEAD, came)
    picture += glow * 0.16 + 0.05 * _ridge_light(came)[..., None]
    return finish(_framed(rng, picture, sheet.number % len(PLANS)))


def _ridge_light(came: Pixels) -> Pixels:
    """Return the light that catches the upper left of the leads."""
    soft = blurred(came, 1.2)
    return np.clip(soft - np.roll(soft, (2, 2), (0, 1)), 0, 1)


def _pieces(points: Points, width: int, height: int) -> list[Points]:
    """Return the Voronoi cell of each point within the window (half-plane clipping by the nearest neighbours)."""
    cells: list[Points] = []
    away = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    for at, order in zip(points, np.argsort(away, axis=1), strict=True):
        cell: Points = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
        for other in points[order[1:26]]:
            cell = _clipped(cell, (at + other) / 2, other - at)
        cells.append(cell)
    return cells


def _clipped(cell: Points, middle: Points, normal: Points) -> Points:
    """Return the part of a convex polygon behind the line through `middle` across `normal`."""
    depth = (cell - middle) @ normal
    if (depth <= 0).all():
        return cell
    kept: list[Points] = []
    for k in range(len(cell)):
        here, there = depth[k - 1], depth[k]
        if here * there < 0:
            kept.append(cell[k - 1] + (cell[k] - cell[k - 1]) * here / (here - there))
        if there <= 0:
            kept.append(cell[k])
    return np.array(kept) if kept else cell[:1]


Plan = tuple[Points, Callable[[Points], Pixels]]


def _rose(rng: Rng, width: int, height: int, glass: list[Pixels]) -> Plan:
    """Rings of petals round a bright heart."""
    middle, reach, petals = np.array([width, height]) / 2, np.hypot(width, height) / 2, int(rng.integers(5, 9)) * 2
    rings = [middle[None]]
    for number, radius in enumerate(np.linspace(0.1, 1, 9)):
        count = petals if number < 3 else petals * 2
        angle = (np.arange(count) + 0.5 * (number % 2)) * 2 * np.pi / count
        rings.append(middle + radius * reach * bearing(angle))
    points = np.concatenate(rings) + rng.normal(0, 1.5, (sum(map(len, rings)), 2))
    order = rng.permutation(len(glass) - 2)

    def colour(place: Points) -> Pixels:
        far = np.hypot(*(place - middle)) / reach
        spoke = int(round(np.arctan2(*(place - middle)) / (2 * np.pi) * petals)) % 2
        band = int(far * 9.99)
        return glass[0] if band == 0 else glass[1 + order[(band + spoke * 2) % len(order)]] * (1.1 - 0.35 * far)

    return points, colour


def _shuffled(rng: Rng, width: int, height: int, count: int) -> Points:
    """Return points spread evenly but not in rows."""
    points = rng.uniform((0, 0), (width, height), (count, 2))
    for _ in range(6):
        apart = points[:, None] - points[None]
        far = np.maximum((apart**2).sum(-1, keepdims=True), 1)
        points += (apart / far).sum(1) * np.sqrt(width * height / count) * 0.25
        points = np.clip(points, 6, (width - 6, height - 6))
    return points


def _landscape(rng: Rng, width: int, height: int, glass: list[Pixels]) -> Plan:
    """A sun over hills, every piece taking the colour of what it shows."""
    points = _shuffled(rng, width, height, 210)
    sun, radius = np.array([rng.uniform(0.25, 0.75) * width, height * rng.uniform(0.2, 0.35)]), width * 0.14
    ring = np.linspace(0, 2 * np.pi, 14, endpoint=False)[:, None]
    halo = sun + np.concatenate([radius * s * np.hstack([np.cos(ring), np.sin(ring)]) for s in (0.8, 1.35)])
    keep = np.hypot(*(points - sun).T) > radius * 1.6
    hill, swell = height * rng.uniform(0.55, 0.66), rng.uniform(0, 6)

    def colour(place: Points) -> Pixels:
        x, y = place
        far = np.hypot(*(place - sun))
        brow = hill + height * 0.07 * np.sin(x / width * 5 + swell)
        if far < radius * 1.1:
            return glass[0]
        if y < brow:
            return ramp(far / width * 1.1, glass[1:4])
        return ramp((y - brow) / (height - brow), [glass[3] * 1.2, glass[4], glass[5]])

    return np.concatenate([points[keep], sun[None], halo]), colour


def _shower(rng: Rng, width: int, height: int, glass: list[Pixels]) -> Plan:
    """Long narrow pieces that fall from light to dark, with a few sparks among them."""
    tall = 3.4
    points = _shuffled(rng, width, int(height / tall), 190) * (1, tall)

    def colour(place: Points) -> Pixels:
        if rng.random() < 0.09:
            return glass[0]
        sway = 0.12 * np.sin(place[0] / width * 7 + 2 * np.sin(place[1] / height * 4))
        return ramp(place[1] / height + sway, glass[1:])

    return points, colour


PLANS = (_rose, _landscape, _shower)


def _framed(rng: Rng, picture: Pixels, plan: int) -> Pixels:
    """Return the window in its stone: round for a rose, pointed for a shower, square for a landscape."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    if plan == 0:
        opening = np.hypot(x - width / 2, y - height / 2) - min(width, height) * 0.47
    elif plan == 2:
        radius, spring = width * 0.9, width * 0.9
        arch = np.maximum(np.hypot(x - width * 0.95, y - spring), np.hypot(x - width * 0.05, y - spring)) - radius
        lower = np.maximum(np.abs(x - width / 2) - width * 0.45, y - height * 0.965)
        opening = np.where(y < spring, np.maximum(arch, lower), lower)
    else:
        opening = rect(x, y, width / 2, height / 2, width * 0.485, height * 0.485)
    stone = plane(width, height, rgb("2b2724")) * (1 + 0.18 * noise(rng, width, height, 30, 5))[..., None]
    wall = 1 - cover(opening)
    near = np.exp(-np.clip(opening, 0, None) / (width * 0.02))
    stone += near[..., None] * 0.16 * np.array([1, 0.85, 0.6], np.float32)
    lay(picture, stone, wall)
    lay(picture, LEAD, cover(np.abs(opening) - 5))
    return picture


ARTIST = Artist(
    name="Anselm Krüger",
    born=1871,
    died=1944,
    movement="Arts and Crafts",
    medium="Leaded stained glass",
    about="He would not accept a commission before he had sat a whole day in the room without light.",
    titles=(
        "Rose for the North Transept",
        "The Hills at Noon",
        "Rain of Petals",
        "Rose, Forest Glass",
        "Harvest Sun",
        "Rain, Second Lancet",
        "Rose of the Four Winds",
        "Sun over the Birches",
        "Rain of Embers",
        "Rose of the Harvest",
        "The Heather Hills",
        "Rain of Leaves",
        "Small Rose for a Reading Room",
        "Sun in the Vineyard",
        "Rain on the Sea",
        "Summer Rose",
        "The Road to Emden",
        "Rain, Last Lancet",
        "Rose for a Station Hall",
        "Dawn over the Marsh",
    ),
    shapes=((1100, 1100), (1200, 900), (700, 1320)),
    draw=draw,
    terms=attribution("Krüger Workshop"),
    layout="lazy",
)
