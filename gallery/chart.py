"""The web site's hold on the map: read again when its file has changed, and what is asked of it."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from flask import Flask, abort, current_app, url_for
from numpy.typing import NDArray

from gallery.settings import GallerySettings
from indexer.atlas.errors import MapDamaged
from indexer.atlas.file import read
from indexer.atlas.keeping import MapHome
from indexer.atlas.model import Atlas
from indexer.atlas.pyramid import Place, Pyramid
from indexer.store.model import Artwork, artwork_id
from scraper.fresh import FreshFile

_KEY = "gallery_atlas"
_NUMBER = r"-?\d{1,5}(?:\.\d{1,2})?"
_OUTLINE = re.compile(rf"{_NUMBER},{_NUMBER}(?: {_NUMBER},{_NUMBER}){{2,199}}", re.ASCII)

Outline = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Chart:
    """A map with the names of its tiles and the cell of each work by its id."""

    atlas: Atlas
    pyramid: Pyramid
    cells: dict[str, Place]

    @classmethod
    def of(cls, atlas: Atlas) -> "Chart":
        """Return the chart of a map."""
        pyramid = Pyramid.of(atlas)
        return cls(atlas, pyramid, {artwork_id(sha256): place for place, sha256 in pyramid.works.items()})

    def work_at(self, place: Place) -> str | None:
        """Return the id of the work in a cell, None if there is none."""
        sha256 = self.pyramid.works.get(place)
        return artwork_id(sha256) if sha256 else None

    def within(self, outline: Outline) -> list[str]:
        """Return the ids of the works whose cell's middle lies within an outline, row by row."""
        cells = self.atlas.cells
        inside = np.flatnonzero(contained(cells + 0.5, outline))
        order = inside[np.lexsort((cells[inside, 0], cells[inside, 1]))]
        return [artwork_id(self.atlas.hashes[row]) for row in order]

    def packed(self) -> bytes:
        """Return the cells that hold a work: column and row in two bytes each, little-endian, row by row."""
        cells = self.atlas.cells
        ordered = cells[np.lexsort((cells[:, 0], cells[:, 1]))]
        return ordered.astype("<u2").tobytes()


class ChartShelf:
    """Keeps the chart of the map that is there now."""

    def __init__(self, settings: GallerySettings) -> None:
        self.home = MapHome(settings.map_dir, settings.thumbnails_dir)
        self._file = FreshFile(self.home.file, _chart)

    def now(self) -> Chart | None:
        """Return the chart, None before there is a map; raise `MapDamaged`."""
        return self._file.now()


def _chart(path: Path) -> Chart | None:
    atlas = read(path)
    return Chart.of(atlas) if atlas else None


def contained(points: Outline, outline: Outline) -> NDArray[np.bool_]:
    """Tell of each point whether it lies within a closed outline, by the even-odd rule."""
    inside = np.zeros(len(points), bool)
    x, y = points[:, 0], points[:, 1]
    for (left, top), (right, bottom) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if top == bottom:
            continue
        between = (top > y) != (bottom > y)
        inside ^= between & (x < (right - left) * (y - top) / (bottom - top) + left)
    return inside


def outline_of(text: str) -> Outline | None:
    """Return an outline of 3 to 200 corners in cells, from `column,row column,row ...`; None if it is none."""
    if not _OUTLINE.fullmatch(text):
        return None
    return np.array([[float(number) for number in corner.split(",")] for corner in text.split(" ")])


def shelf() -> ChartShelf:
    """Return the hold of the app that answers the current request."""
    found: ChartShelf = current_app.extensions[_KEY]
    return found


def chart() -> Chart | None:
    """Return the chart as pages show it: none before there is a map, or while its file is damaged."""
    try:
        return shelf().now()
    except MapDamaged as error:
        current_app.logger.warning("%s", error)
        return None


def chart_or_404() -> Chart:
    """Return the chart, or answer 404."""
    found = chart()
    if found is None:
        abort(404, "There is no map yet.")
    return found


def hold(app: Flask, settings: GallerySettings) -> None:
    """Keep a hold on the map with the app, and let templates say where on it a work is."""
    app.extensions[_KEY] = ChartShelf(settings)
    app.add_template_global(on_map)


def on_map(work: Artwork) -> str | None:
    """Return the address of the part of the map where a work hangs, None if it is not on it."""
    known = chart()
    place = known.cells.get(work.id) if known else None
    if known is None or place is None:
        return None
    zoom = max(0, known.pyramid.depth - 1)
    # For those without scripts the window's corner, for the others its middle.
    left, top = (max(0, at // 2 - 1) for at in place)
    return url_for("atlas.show", z=zoom, left=left, top=top, _anchor=f"{zoom}/{place[0] + 0.5}/{place[1] + 0.5}")
