"""What turns features into the vectors of the lenses: means, deviations and axes, fitted once on a sample."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from indexer.errors import StatisticsLost
from indexer.lenses.features import Features
from indexer.lenses.palette import WIDTH as PALETTE_WIDTH
from indexer.store.model import COMPOSITION, PALETTE, STYLE, Vector
from scraper.disk import whole_file

VERSION = 1
"""Another one for each change of what is made of the same features."""

SAMPLE = 2_000
"""Works they are fitted on, if there are so many. Of 2,397 paintings, 500 gave P@1 0.576 by artist, 2,000 0.596."""

LEAST = 12
STYLE_WIDTH, COMPOSITION_WIDTH = 512, 256

Wide = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axes:
    """A half-whitened principal component analysis of standardised numbers (n -> width)."""

    mean: Vector
    deviation: Vector
    axes: Vector

    def project(self, rows: Vector) -> Vector:
        """Return rows along the axes, of unit length."""
        return unit(cast(Vector, ((rows - self.mean) / self.deviation) @ self.axes))


@dataclass(frozen=True, slots=True)
class Statistics:
    """All that the lenses need beside a work's features; `name` is version and content in a few letters."""

    name: str
    sample: int
    style: Axes
    composition: Axes
    cells: Axes

    @property
    def widths(self) -> dict[str, int]:
        """How long the vectors of each lens are."""
        return {STYLE: STYLE_WIDTH, PALETTE: PALETTE_WIDTH, COMPOSITION: COMPOSITION_WIDTH}

    def vectors(self, works: Sequence[Features]) -> dict[str, Vector]:
        """Return the vectors of works in each lens, n x width."""
        return {
            STYLE: self.style.project(_moments(works)),
            PALETTE: unit(np.stack([work.palette for work in works]).astype(np.float32)),
            COMPOSITION: self.composition.project(_layouts(works)),
        }


def fit(works: Sequence[Features]) -> Statistics:
    """Return the statistics of a sample of at least two works; the same sample gives the same ones."""
    cells = np.concatenate([work.cells * np.float32(work.scale) for work in works])
    style = fit_axes(_moments(works).astype(np.float64), STYLE_WIDTH)
    composition = fit_axes(_layouts(works).astype(np.float64), COMPOSITION_WIDTH)
    return _named(len(works), style, composition, fit_axes(cells.astype(np.float64), cells.shape[1]))


def fit_axes(rows: Wide, width: int) -> Axes:
    """Return `width` axes of n rows, each divided by the fourth root of its variance.

    Half of the whitening: full whitening would make as much of noise as of what paintings differ in. Of few
    rows there are fewer axes; what is left of `width` is zeros.
    """
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation < 1e-6] = 1.0
    plain = (rows - mean) / deviation
    count = min(width, *plain.shape)
    axes, variance = _principal(plain, count)
    kept = variance > max(variance[0], 1e-12) * 1e-6
    found = np.zeros((rows.shape[1], width))
    found[:, :count][:, kept] = axes[:, kept] / variance[kept] ** 0.25
    return Axes(*(part.astype(np.float32) for part in (mean, deviation, found)))


def _principal(plain: Wide, count: int) -> tuple[Wide, Wide]:
    """Return the first axes of n x m centred numbers, m x count, and the variance along each."""
    size, length = plain.shape
    if size >= length:
        variance, axes = np.linalg.eigh(plain.T @ plain / size)
    else:
        # Of fewer works than numbers, the works' own products say as much in less time.
        variance, between = np.linalg.eigh(plain @ plain.T / size)
        axes = plain.T @ between / np.sqrt(np.maximum(variance, 1e-12) * size)
    axes, variance = axes[:, ::-1][:, :count], np.maximum(variance[::-1][:count], 0.0)
    # Which way an axis points is chance: always the same, so that a refit of the same sample changes nothing.
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(count)] + 1e-30), variance


def unit(rows: Vector) -> Vector:
    """Return rows of unit length; one of zeros becomes the first axis, for it must have some direction."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.where(lengths > 1e-9, rows / np.maximum(lengths, 1e-9), np.eye(1, rows.shape[1], dtype=np.float32))
    return cast(Vector, rows.astype(np.float32))


def _moments(works: Sequence[Features]) -> Vector:
    """Return the fourth roots of moments, which are less skewed than they: worth 0.01 of P@1 by artist."""
    moments = np.stack([work.moments for work in works]).astype(np.float32)
    return cast(Vector, np.sqrt(np.sqrt(np.maximum(moments, 0))))


def _layouts(works: Sequence[Features]) -> Vector:
    """Return what is where: each cell of the grid less the mean of all, which is style and subject."""
    grids = np.stack([work.grid for work in works]).astype(np.float32).reshape(len(works), 16, -1)
    return cast(Vector, (grids - grids.mean(axis=1, keepdims=True)).reshape(len(works), -1))


def _named(sample: int, *parts: Axes) -> Statistics:
    digest = hashlib.sha256(f"{VERSION} {sample}".encode())
    for part in parts:
        for each in fields(part):
            digest.update(getattr(part, each.name).tobytes())
    return Statistics(f"{VERSION}-{digest.hexdigest()[:16]}", sample, *parts)


def save(folder: Path, statistics: Statistics) -> None:
    """Write statistics under their name, whole or not at all, so that they outlast a power cut; raises OSError."""
    parts = {f"{name}_{each.name}": getattr(getattr(statistics, name), each.name) for name in _PARTS for each in _EACH}
    with whole_file(folder / f"{statistics.name}.npz") as file:
        np.savez(file, sample=statistics.sample, **parts)


def load(folder: Path, name: str) -> Statistics:
    """Return the statistics of this name; raise `StatisticsLost` if they are not there or not whole."""
    path = folder / f"{name}.npz"
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as parts:
            axes = [Axes(*(parts[f"{part}_{each.name}"] for each in _EACH)) for part in _PARTS]
            found = _named(int(parts["sample"]), *axes)
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise StatisticsLost(path, str(error) or type(error).__name__) from error
    if found.name != name:
        raise StatisticsLost(path, f"they are {found.name}")
    return found


_PARTS = ("style", "composition", "cells")
_EACH = fields(Axes)
