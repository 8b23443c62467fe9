"""Bruna Teixeira: glazed tiles, few kinds of them, turned every way."""

import numpy as np
from PIL.Image import Image

from gallery.museum.canvas import Pixels, Rng, axes, cover, finish, lay, noise, plane, rgb, tones
from gallery.museum.model import UNSTATED, Artist, Sheet

# Glaze of the ground, of the figure, and of the accent.
GLAZES = [
    tones(words)
    for words in (
        "f1eee6 1f4b99 e0b040",
        "f4ead2 2e6e5e d9823b",
        "ede6da 8c2f23 e8c27a",
        "eef1f0 15607a 9ec7c2",
        "f6f0dc d09a1e 2b3a67",
        "e9e4ee 4d3b7a c98fb0",
    )
]
GROUT = rgb("b9b3a6")


def draw(sheet: Sheet) -> Image:
    """Lay tiles of one kind in random or ordered turns, each fired a little differently."""
    rng = sheet.rng
    kind = KINDS[sheet.number % len(KINDS)]
    across = int(rng.choice([6, 8, 8, 10])) if sheet.number % 4 else 12
    side = min(sheet.width, sheet.height) // across
    glazes = GLAZES[(sheet.number * 5 + sheet.number // 6) % len(GLAZES)]
    tiles = [np.rot90(tile, turn) for tile in kind(side, glazes) for turn in range(4)]
    picture = plane(sheet.width, sheet.height, GROUT)
    columns, rows = sheet.width // side, sheet.height // side
    left, top = (sheet.width - columns * side) // 2, (sheet.height - rows * side) // 2
    for row in range(-1, rows + 1):
        for column in range(-1, columns + 1):
            tile = tiles[_pick(rng, sheet.number, row, column, len(tiles))]
            fired = tile * (1 + rng.normal(0, 0.022)) + rng.normal(0, 0.008, 3).astype(np.float32)
            _place(picture, fired, left + column * side, top + row * side)
    return finish(_glazed(rng, picture, side, left, top))


def _pick(rng: Rng, number: int, row: int, column: int, count: int) -> int:
    """Return which tile to lay: by chance, in a repeat of four, or in a repeat with mistakes."""
    chance = int(rng.integers(count))
    order = (row % 2) * 3 + (column % 2) * (1 if row % 2 == 0 else -1)
    band = (row + column) % 4
    return (chance, order % 4, chance if rng.random() < 0.14 else band)[number // 2 % 3]


def _place(picture: Pixels, tile: Pixels, left: int, top: int) -> None:
    height, width = picture.shape[:2]
    side, joint = len(tile), 1
    x0, y0 = max(0, left + joint), max(0, top + joint)
    x1, y1 = min(width, left + side - joint), min(height, top + side - joint)
    if x1 > x0 and y1 > y0:
        picture[y0:y1, x0:x1] = tile[y0 - top : y1 - top, x0 - left : x1 - left]


def _glazed(rng: Rng, picture: Pixels, side: int, left: int, top: int) -> Pixels:
    """Return the wall under a window: soft reflections, rounded tile edges, fine crackle."""
    height, width = picture.shape[:2]
    x, y = axes(width, height)
    near = np.minimum(*np.broadcast_arrays(_edge(x - left, side), _edge(y - top, side)))
    bevel = np.clip(1 - near / 4, 0, 1) * 0.16
    lit = noise(rng, width, height, side * 1.7, 2) * 0.02 + (1 - y / height) * 0.06 - 0.03
    speckle = np.clip(noise(rng, width, height, 5, 1) - 0.8, 0, 1) * 0.25
    gloss = np.clip(noise(rng, width, height, (side * 3, side * 5), 2) - 0.3, 0, 1) * 0.12
    return np.asarray(picture * (1 - bevel - speckle + lit)[..., None] + gloss[..., None])


def _edge(offset: Pixels, side: int) -> Pixels:
    within = offset % side
    return np.minimum(within, side - within)


def _arcs(side: int, glazes: list[Pixels]) -> list[Pixels]:
    """Two quarter rings round opposite corners."""
    x, y = axes(side, side)
    tile = plane(side, side, glazes[0])
    for far in (np.hypot(x, y), np.hypot(side - x, side - y)):
        lay(tile, glazes[1], cover(np.abs(far - side / 2) - side * 0.17))
        lay(tile, glazes[2], cover(np.abs(far - side / 2) - side * 0.05))
    return [tile]


def _petals(side: int, glazes: list[Pixels]) -> list[Pixels]:
    """A leaf along the diagonal, and a corner flower that closes with its neighbours."""
    x, y = axes(side, side)
    tile = plane(side, side, glazes[0])
    leaf = np.maximum(np.hypot(x - side, y) - side, np.hypot(x, y - side) - side)
    lay(tile, glazes[1], cover(leaf))
    lay(tile, glazes[0], cover(leaf + side * 0.1))
    lay(tile, glazes[2], cover(leaf + side * 0.16))
    for far in (np.hypot(x - side, y), np.hypot(x, y - side)):
        lay(tile, glazes[1], cover(far - side * 0.3))
        lay(tile, glazes[0], cover(far - side * 0.17))
    return [tile]


def _wedges(side: int, glazes: list[Pixels]) -> list[Pixels]:
    """Half of the tile dark, cut along the diagonal, with a light triangle in it."""
    x, y = axes(side, side)
    tile = plane(side, side, glazes[0])
    lay(tile, glazes[1], cover((y - x) / 1.414))
    inner = np.maximum((y - x) / 1.414 + side * 0.13, np.maximum(side * 0.13 - y, x - side * 0.87))
    lay(tile, glazes[2], cover(inner))
    return [tile]


def _knots(side: int, glazes: list[Pixels]) -> list[Pixels]:
    """Three bands that join every side to another: arcs on one tile, a crossing on the other."""
    x, y = axes(side, side)
    bands: list[Pixels] = []
    for number in range(2):
        tile = plane(side, side, glazes[0])
        straight = np.abs(x - side / 2) + 0 * y, np.abs(y - side / 2) + 0 * x
        round_ = np.abs(np.hypot(x, y) - side / 2), np.abs(np.hypot(side - x, side - y) - side / 2)
        for far in straight if number else round_:
            for half, glaze in ((0.25, 1), (0.17, 0), (0.09, 2)):
                lay(tile, glazes[glaze], cover(far - side * half))
        bands.append(tile)
    return [bands[0], bands[0], bands[1]]


def _stars(side: int, glazes: list[Pixels]) -> list[Pixels]:
    """A quarter of an eight-pointed star; four turned the same way make it whole."""
    x, y = axes(side, side)
    tile = plane(side, side, glazes[0])
    square = np.maximum(x, y) + 0 * x
    diamond = (x + y) / 1.414
    star = np.minimum(square - side * 0.62, diamond - side * 0.62)
    lay(tile, glazes[1], cover(star))
    lay(tile, glazes[2], cover(np.minimum(square - side * 0.42, diamond - side * 0.42)))
    lay(tile, glazes[0], cover(np.hypot(x, y) - side * 0.24))
    lay(tile, glazes[1], cover(np.abs(np.hypot(side - x, side - y) - side * 0.34) - side * 0.05))
    return [tile]


KINDS = (_arcs, _petals, _wedges, _knots, _stars)

ARTIST = Artist(
    name="Bruna Teixeira",
    born=1924,
    died=2003,
    movement="Decorative Arts",
    medium="Tin-glazed earthenware tiles",
    about="She tiled eleven metro stations and claimed that no two commuters had ever seen the same wall.",
    titles=(
        "Panel for a Stairwell",
        "Lilac Wall",
        "Kites, Ochre",
        "Rings for the Fish Market",
        "Stars over Alfama",
        "Loose Rings",
        "Under Orange Trees",
        "Kites, Blue",
        "Ticket Hall, Lilac",
        "Southern Stars",
        "River Loops",
        "Chapel Garden",
        "Gables",
        "Knotwork for a Bakery",
        "Night Ceiling",
        "Rings in the Rain",
        "Lemon Court",
        "Sails",
        "Last Platform",
        "Stars, Broken Up",
    ),
    shapes=((1200, 1200), (1200, 900), (900, 1200), (1320, 880)),
    draw=draw,
    terms=UNSTATED,
    layout="backdrop",
)
