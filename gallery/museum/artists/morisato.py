"""Kenji Morisato: ribbons that follow a current and never touch one another."""

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from gallery.museum.canvas import (
    Pixels,
    Points,
    Rng,
    axes,
    bearing,
    draft,
    finish,
    ink,
    noise,
    paper,
    ribbon,
    scaled,
    settle,
    tones,
    vary,
)
from gallery.museum.model import Artist, Sheet, attribution

# Paper first, then the inks, those named first used most.
PALETTES = [
    tones(words)
    for words in (
        "f3ecdc 1e3d59 e4572e f2a541 a8c0b0 17202a",
        "1b1f2a e9d8a6 ee9b00 94d2bd 0a9396 bb3e03",
        "efe6da 2b2b2b c9ada7 9a8c98 4a4e69 d1495b",
        "e9efe6 22577a 38a3a5 57cc99 c7f9cc f4a259",
        "f8f1e4 b23a48 8c2f39 fcb9b2 461220 d9ae61",
        "20333c f4f1de e07a5f 81b29a f2cc8f 3d7a8a",
        "f5efe6 3a5a40 588157 a3b18a dad7cd bc6c25",
    )
]
CELL = 4  # pixels to a cell of the map that tells where ink lies


def draw(sheet: Sheet) -> Image:
    """Draw ribbons from broad to fine, each ending where the next step would touch another."""
    rng = sheet.rng
    ground, *inks = PALETTES[sheet.number % len(PALETTES)]
    taken = np.zeros((sheet.height // CELL + 2, sheet.width // CELL + 2), bool)
    angles = _current(rng, sheet, taken)
    image, pen = draft(sheet.width, sheet.height, ground)
    shares = np.array([0.4, 0.22, 0.16, 0.12, 0.1])
    margin = 46
    for broad, count, steps in ((46, 60, 90), (26, 150, 80), (13, 420, 60), (6, 1100, 40)):
        starts = rng.uniform((margin, margin), (sheet.width - margin, sheet.height - margin), (count, 2))
        for path in _paths(angles, starts, steps, margin):
            wide = broad * rng.uniform(0.8, 1.15)
            path = _free(taken, path, wide)
            if len(path) < max(5, wide / 5):
                continue
            _take(taken, path, wide)
            colour = vary(rng, inks[rng.choice(len(inks), p=shares)], 0.018)
            pen.polygon(scaled(ribbon(path, np.full(len(path), wide))), fill=ink(colour))
    return finish(paper(rng, settle(image), 0.03))


def _current(rng: Rng, sheet: Sheet, taken: NDArray[np.bool_]) -> Pixels:
    """Return the direction of the current in radians for each cell: calm, turbulent, or with an eddy."""
    width, height = sheet.width // CELL + 2, sheet.height // CELL + 2
    cell = min(width, height) * (1.3, 0.7, 1.0)[sheet.number % 3]
    angles = noise(rng, width, height, cell, 2, 0.35) * rng.uniform(1.2, 2.4) + rng.uniform(0, 2 * np.pi)
    if sheet.number % 4 == 2:
        x, y = axes(width, height)
        x, y = x - width * rng.uniform(0.3, 0.7), y - height * rng.uniform(0.3, 0.7)
        angles = np.arctan2(y, x) + np.pi / 2 + angles * 0.25
        # The eye of the eddy stays empty: no ribbon can turn that sharply.
        taken |= np.hypot(x, y) < 9
    if sheet.number % 5 == 4:
        angles = np.round(angles / (np.pi / 4)) * (np.pi / 4)
    return np.asarray(angles, np.float32)


def _paths(angles: Pixels, starts: Points, steps: int, margin: int) -> list[Points]:
    """Return the path from each start down the current, as far as the margin."""
    height, width = (side - 2 for side in angles.shape)
    at, walked = starts.copy(), [starts.copy()]
    for _ in range(steps):
        column, row = (np.clip(at / CELL, 0, (width, height)).astype(int)).T
        way = angles[row, column]
        at = at + 6 * bearing(way)
        walked.append(at.copy())
    paths = np.stack(walked, axis=1)
    low, high = (margin, margin), (width * CELL - margin, height * CELL - margin)
    inside: NDArray[np.bool_] = np.all((paths > low) & (paths < high), axis=2)
    return [path[: len(path) if ok.all() else int(np.argmin(ok))] for path, ok in zip(paths, inside, strict=True)]


def _rim(path: Points, wide: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of the cells across the ribbon at each point of its path."""
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1)
    reach = np.linspace(-wide / 2, wide / 2, max(3, int(wide / 3)))
    cells = ((path[:, None] + side[:, None] * reach[None, :, None]) / CELL).astype(np.intp)
    return np.maximum(cells[..., 1], 0), np.maximum(cells[..., 0], 0)


def _free(taken: NDArray[np.bool_], path: Points, wide: float) -> Points:
    """Return the path up to where its ribbon, with a little air around it, would touch another."""
    if len(path) < 3:
        return path[:0]
    rows, columns = _rim(path, wide + 9)
    free = ~taken[np.minimum(rows, taken.shape[0] - 1), np.minimum(columns, taken.shape[1] - 1)].any(axis=1)
    return path if free.all() else path[: int(np.argmin(free))]


def _take(taken: NDArray[np.bool_], path: Points, wide: float) -> None:
    rows, columns = _rim(path, wide)
    taken[np.minimum(rows, taken.shape[0] - 1), np.minimum(columns, taken.shape[1] - 1)] = True


ARTIST = Artist(
    name="Kenji Morisato",
    born=1951,
    died=2021,
    movement="Generative Art",
    medium="Plotter and gouache on paper",
    about="He programmed a plotter in 1974 and spent the rest of his life persuading it to hesitate.",
    titles=(
        "Estuary",
        "Night Traffic",
        "Eddy No. 1",
        "Kelp",
        "Circuit Garden",
        "Delta",
        "Eddy No. 2",
        "Late Harvest",
        "Neon Rain",
        "Streets of Ash",
        "Eddy No. 3",
        "Velvet Current",
        "Lantern Procession",
        "Pasture Lines",
        "Eddy No. 4",
        "Evening Express",
        "Smoke Study",
        "Reef",
        "Eddy No. 5",
        "Junction at Nagara",
    ),
    shapes=((1000, 1200), (1200, 1000), (1100, 1100), (860, 1200)),
    draw=draw,
    terms=attribution("Kenji Morisato Archive"),
    layout="endless",
    suffix="webp",
)
