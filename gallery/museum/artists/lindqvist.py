"""Greta Lindqvist: hand-woven hangings, every thread of them."""

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from gallery.museum.canvas import Pixels, Rng, axes, blurred, cover, finish, lay, noise, plane, rect, rgb, tones
from gallery.museum.model import Artist, Sheet, attribution

YARNS = [
    tones(words)
    for words in (
        "e8dcc4 7b2d26 d98e3f 2e4a52 1f1d1b a9863f",
        "efe9dc 23395d c9503b e3b34d 6f8f8a 2a2a2a",
        "e2d6c3 4a5a3c a2703d c9b37e 33291f 8c3b2a",
        "f1ece4 3b3a48 8b93a3 c8a2a0 d9d2c5 6c4a57",
        "ead9b8 b5362c 1d5b62 e8a33d 3a2a3d d9775a",
    )
]
THREAD = 6  # pixels between two threads
WALL = rgb("e9e5dc")

Draft = NDArray[np.intp]


def draw(sheet: Sheet) -> Image:
    """Design the cloth thread by thread, weave it, and hang it before a wall."""
    rng = sheet.rng
    yarns = YARNS[(sheet.number * 2 + sheet.number // 5) % len(YARNS)]
    border, fringe = 52, 78
    columns, rows = (sheet.width - 2 * border) // THREAD, (sheet.height - border - fringe) // THREAD
    design = DESIGNS[sheet.number % len(DESIGNS)](rng, rows, columns, len(yarns))
    cloth = _woven(rng, np.stack(yarns)[design], twill=sheet.number % 3)
    picture = plane(sheet.width, sheet.height, WALL)
    picture *= 1 + 0.02 * noise(rng, sheet.width, sheet.height, 240, 3)[..., None]
    x, y = axes(sheet.width, sheet.height)
    height, width = cloth.shape[:2]
    left, top = (sheet.width - width) // 2, border
    hang = rect(x, y, left + width / 2, top + height / 2 + 10, width / 2, height / 2 + 10)
    picture *= 1 - 0.35 * np.roll(blurred(cover(hang), 9), (8, 5), (0, 1))[..., None]
    picture[top : top + height, left : left + width] = cloth
    _fringe(rng, picture, yarns[0] * 0.94, left, top + height, width)
    gleam = 0.16 * cover(np.abs(y - top + 3) - 2, 5)[..., None]
    lay(picture, rgb("5c402b") + gleam, cover(rect(x, y, sheet.width / 2, top, width / 2 + 24, 7)))
    return finish(picture)


def _woven(rng: Rng, colours: Pixels, twill: int) -> Pixels:
    """Return the cloth: weft over warp as the binding says, each thread round and a little uneven."""
    rows, columns = colours.shape[:2]
    row, column = np.arange(rows)[:, None], np.arange(columns)[None, :]
    over = ((row + column) % 2 == 0, (row + column) % 4 < 2, (row + np.abs(column % 24 - 12)) % 4 < 2)[twill]
    spun = (
        1 + rng.normal(0, 0.035, (rows, 1)) + rng.normal(0, 0.03, (1, columns)) + rng.normal(0, 0.035, (rows, columns))
    )
    warp = colours * 0.8 + 0.06
    threads = np.where(over[..., None], colours, warp) * spun[..., None]
    u = (np.arange(THREAD) + 0.5) / THREAD * 2 - 1
    round_ = np.sqrt(np.clip(1 - u**2, 0, 1))
    # A weft thread is round across its rows and dives at the ends of its float; a warp thread the other way.
    lying = (0.5 + 0.55 * round_)[:, None] * (0.8 + 0.22 * round_)[None, :]
    shade = np.where(over[:, None, :, None], lying[None, :, None, :], lying.T[None, :, None, :])
    cloth = threads.repeat(THREAD, 0).repeat(THREAD, 1) * shade.reshape(rows * THREAD, columns * THREAD)[..., None]
    fuzz = 0.05 * noise(rng, cloth.shape[1], cloth.shape[0], 2.5, 1) + 0.05 * noise(
        rng, cloth.shape[1], cloth.shape[0], (260, 14), 2
    )
    return np.asarray(cloth * (1.04 + fuzz[..., None]), np.float32)


def _fringe(rng: Rng, picture: Pixels, colour: Pixels, left: int, top: int, width: int) -> None:
    """Let the warp hang below the cloth, knotted in bunches."""
    height = picture.shape[0]
    y = np.arange(top, height, dtype=np.float32)[:, None]
    for knot in range(left + 9, left + width - 4, 18):
        long = rng.uniform(44, 62)
        for thread in range(5):
            ends = knot + (thread - 2) * 4.2 + rng.normal(0, 1.6)
            x = np.arange(max(0, knot - 16), min(picture.shape[1], knot + 17), dtype=np.float32)[None, :]
            share = np.clip((y - top) / long, 0, 1)
            line = (
                knot
                + (ends - knot) * np.clip((share - 0.22) * 1.5, 0, 1)
                + (thread - 2) * 2.2 * np.clip(0.2 - share, 0, 1) * 5
            )
            mask = cover(np.abs(x - line) - 1.1) * cover(y - top - long)
            part = picture[top:height, int(x[0, 0]) : int(x[0, -1]) + 1]
            lay(part, colour * rng.uniform(0.8, 1.04), mask * 0.95)
        lay(part, colour * 0.86, cover(np.hypot(x - knot, (y - top - 11) * 0.8) - 3.4))


def _blocks(rng: Rng, rows: int, columns: int, yarns: int) -> Draft:
    """Blocks of even and striped colour, in proportion to one another."""
    design = np.zeros((rows, columns), np.intp)
    edges_x = np.cumsum(rng.choice([8, 13, 21], 30))
    edges_y = np.cumsum(rng.choice([8, 13, 21, 34], 40))
    across, down = np.searchsorted(edges_x, np.arange(columns)), np.searchsorted(edges_y, np.arange(rows))
    colour = rng.choice(yarns, (60, 60), p=[0.34, 0.16, 0.14, 0.14, 0.12, 0.1])
    stripe, partner = rng.random((60, 60)) < 0.35, rng.integers(0, yarns, (60, 60))
    design[:] = colour[down[:, None], across[None, :]]
    striped = stripe[down[:, None], across[None, :]] & (np.arange(rows)[:, None] // 2 % 2 == 0)
    return np.where(striped, partner[down[:, None], across[None, :]], design)


def _diamonds(rng: Rng, rows: int, columns: int, yarns: int) -> Draft:
    """Stepped diamonds in diamonds between plain bands."""
    size, step = int(rng.integers(18, 27)), int(rng.integers(2, 4))
    row, column = np.arange(rows)[:, None] // step * step, np.arange(columns)[None, :] // step * step
    middle = columns // 2
    far = np.abs((row - rows // 2 + size) % (2 * size) - size) + np.abs((column - middle + size) % (2 * size) - size)
    order = rng.permutation(yarns)
    ring = far // (2 * step) % 4
    return np.asarray(order[np.where(far > size * 1.55, 0, 1 + ring % 4)], np.intp)


def _stripes(rng: Rng, rows: int, columns: int, yarns: int) -> Draft:
    """Stripes of weft, broad and narrow, mirrored about the middle."""
    band: list[int] = []
    last = -1
    while len(band) < rows // 2 + 1:
        yarn = int(rng.choice([k for k in range(yarns) if k != last]))
        band += [yarn] * int(rng.choice([1, 2, 2, 3, 5, 8, 13, 16]))
        last = yarn
    half = np.array(band[: rows // 2 + 1])
    whole = np.concatenate([half, half[::-1]])[:rows]
    return np.broadcast_to(whole[:, None], (rows, columns)).copy()


def _mountains(rng: Rng, rows: int, columns: int, yarns: int) -> Draft:
    """Zigzags that rise towards the middle, one above the other."""
    step = int(rng.integers(2, 4))
    row, column = np.arange(rows)[:, None], np.arange(columns)[None, :] // step * step
    period = int(rng.integers(26, 46))
    rise = np.abs((column - columns // 2) % period - period // 2) + np.abs(column - columns // 2) // 6
    edges = np.cumsum(rng.choice([4, 6, 8, 12, 18], 120))
    order = np.concatenate([rng.permutation(yarns) for _ in range(24)])
    return np.asarray(order[np.searchsorted(edges, row + rise)], np.intp)


def _checks(rng: Rng, rows: int, columns: int, yarns: int) -> Draft:
    """A check whose squares shrink towards one side, one colour set against the other."""
    column, row = (
        np.searchsorted(np.cumsum(sizes) / sizes.sum() * threads, np.arange(threads)[:: rng.choice([-1, 1])])
        for sizes, threads in ((np.geomspace(8, 1, 15), columns), (np.geomspace(6, 1, 19), rows))
    )
    dark, light, accent, other = rng.permutation(yarns)[:4]
    even = (row[:, None] + column[None, :]) % 2 == 0
    first, second = np.where(row % 4 == 1, accent, dark)[:, None], np.where(column % 3 == 2, other, light)[None, :]
    return np.asarray(np.where(even, first, second))


DESIGNS = (_blocks, _diamonds, _stripes, _mountains, _checks)

ARTIST = Artist(
    name="Greta Lindqvist",
    born=1902,
    died=1988,
    movement="Bauhaus",
    medium="Wool and linen, hand-woven",
    about="She counted aloud while weaving; visitors took it for prayer.",
    titles=(
        "Hanging for a Kitchen",
        "Stepped Field",
        "Timetable",
        "Range of Hills",
        "Running Check",
        "Housing Plan",
        "Owl Eyes",
        "Winter Rye",
        "Seven Peaks",
        "Corridor",
        "Archive",
        "Ember Diamonds",
        "Tide Table",
        "Thunder Ladder",
        "Perspective of a Floor",
        "Score for Two Looms",
        "Grandmother's Key",
        "Late Train",
        "Firs in Snow",
        "Check, Dissolving",
    ),
    shapes=((860, 1240), (920, 1160), (1200, 940), (800, 1280)),
    draw=draw,
    terms=attribution("Lindqvist Weaving Rooms"),
    layout="srcset",
)
