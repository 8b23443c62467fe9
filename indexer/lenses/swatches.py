"""Palettes as people see them: a few colours with their shares, the same few for two works, and what both have."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from indexer.lenses.palette import lab_of_bins, to_rgb
from indexer.store.model import Vector

MOST = 8
"""Colours of a palette: more are told apart by measuring only."""

LEAST = 0.005
"""Share of a picture below which a colour is left out."""

# A plain colour falls into eight bins, the farthest of them so far apart: what is nearer is one colour.
_APART = 27.0
_ROUNDS = 12

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour as `#rrggbb`, its name, and its share of a picture from 0 to 1."""

    colour: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Palettes:
    """The colours of two works, each from dark to light, and those that both have; `common` is their share."""

    ours: tuple[Swatch, ...]
    theirs: tuple[Swatch, ...]
    both: tuple[Swatch, ...]
    common: float


def palette_of(shares: Rows) -> tuple[Swatch, ...]:
    """Return the colours of a histogram, from dark to light."""
    return _swatches(shares, _groups(shares))


def palettes_in_common(ours: Vector, theirs: Vector) -> Palettes:
    """Return two works' palettes from their vectors in that lens; a colour that both have is of one group in all three.

    What is in common is the intersection of the two histograms (Swain and Ballard, 1991).
    """
    one, other = (vector.astype(np.float64) ** 2 / max(float(vector @ vector), 1e-12) for vector in (ours, theirs))
    both = np.minimum(one, other)
    groups = _groups(one + other)
    return Palettes(_swatches(one, groups), _swatches(other, groups), _swatches(both, groups), float(both.sum()))


def _groups(weights: Rows) -> NDArray[np.int64]:
    """Return the group of each bin: weighted k-means, begun with the heaviest bin and those heavy and far from it."""
    lab = lab_of_bins()
    middles = lab[[int(weights.argmax())]]
    while len(middles) < MOST:
        far = _distances(lab, middles).min(axis=1)
        heavy = np.where((far > _APART**2) & (weights > LEAST), weights * far, 0)
        if not heavy.any():
            break
        middles = np.vstack([middles, lab[int(heavy.argmax())]])
    for _ in range(_ROUNDS):
        before, middles = middles, _means(weights, _distances(lab, middles).argmin(axis=1), middles)
        if np.allclose(before, middles, atol=0.5):
            break
    return cast(NDArray[np.int64], _distances(lab, middles[middles[:, 0].argsort()]).argmin(axis=1))


def _distances(lab: Rows, middles: Rows) -> Rows:
    """Return the squared distance of each colour to each of the middles."""
    squares = (lab**2).sum(axis=1)[:, None] + (middles**2).sum(axis=1)
    return cast(Rows, squares - 2 * lab @ middles.T)


def _means(weights: Rows, groups: NDArray[np.int64], before: Rows) -> Rows:
    """Return the mean colour of each group, that from before where it weighs nothing."""
    mass = np.bincount(groups, weights, len(before))[:, None]
    sums = np.stack([np.bincount(groups, weights * axis, len(before)) for axis in lab_of_bins().T], axis=1)
    return np.where(mass > 0, sums / np.maximum(mass, 1e-12), before)


def _swatches(shares: Rows, groups: NDArray[np.int64]) -> tuple[Swatch, ...]:
    mass = np.bincount(groups, shares, MOST)
    colours = _means(shares, groups, np.zeros((MOST, 3)))
    return tuple(
        Swatch("#{:02x}{:02x}{:02x}".format(*rgb), name_of(*map(float, colour)), float(share))
        for rgb, colour, share in zip(to_rgb(colours), colours, mass, strict=True)
        if share >= LEAST
    )


# Hue angles in Lab (degrees) at which names end, and the names of what is pale, dull, strong and dark in that hue.
_HUES = (
    (20, "pink", "old rose", "crimson", "dark red"),
    (50, "pink", "reddish brown", "red", "dark red"),
    (85, "beige", "brown", "orange", "dark brown"),
    (112, "cream", "ochre", "yellow", "dark olive"),
    (170, "pale green", "sage green", "green", "dark green"),
    (225, "pale turquoise", "grey green", "turquoise", "dark turquoise"),
    (312, "pale blue", "grey blue", "blue", "dark blue"),
    (340, "lilac", "mauve", "purple", "dark purple"),
    (361, "pink", "old rose", "magenta", "dark red"),
)
_GREYS = ((16, "black"), (38, "dark grey"), (65, "grey"), (84, "pale grey"), (101, "white"))


def name_of(light: float, green_red: float, blue_yellow: float) -> str:
    """Return a plain name for a colour in Lab, one of some thirty."""
    chroma, hue = float(np.hypot(green_red, blue_yellow)), float(np.degrees(np.arctan2(blue_yellow, green_red))) % 360
    if chroma < 8:
        return next(name for end, name in _GREYS if light < end)
    _, pale, dull, strong, dark = next(row for row in _HUES if hue < row[0])
    if light < 30:
        return dark
    if light > 72 and chroma < 45:
        return pale
    # Brown is what a dark orange is called.
    return dull if chroma < 42 or (dull == "brown" and light < 55) else strong
