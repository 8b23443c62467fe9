"""The map as a picture with links: a window of tiles, what in it leads on, and where themes lie."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from gallery.chart import Chart
from gallery.clusters.reading import Theme
from indexer.atlas.pyramid import TILE, Place

ACROSS = 4
"""Tiles of the window each way."""

CLOSE = 64
"""Pixels of a cell from which on each work is a link; before, parts of the map are."""

USUAL_ZOOM = 2
"""The zoom at which the window is all that a map has."""

_PART = 128
_MOSTLY = 0.4


@dataclass(frozen=True, slots=True)
class Part:
    """A square of the window that leads closer: its corner in pixels, how many works, and the window it leads to."""

    x: int
    y: int
    works: int
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class View:
    """A window: its zoom and upper left tile, its tiles, and either works by cell or parts; `hits` are marked.

    `box` is what of it is shown, in pixels from its corner: x, y, width and height.
    """

    zoom: int
    left: int
    top: int
    last: int
    cell: int
    tiles: tuple[Place, ...]
    cells: dict[Place, str]
    parts: tuple[Part, ...]
    hits: tuple[Place, ...]
    box: tuple[int, int, int, int]

    @property
    def close(self) -> bool:
        """Whether each work is a link."""
        return self.cell >= CLOSE

    def pixel(self, place: Place) -> Place:
        """Return the corner of a cell in the window."""
        return place[0] * self.cell - self.left * TILE, place[1] * self.cell - self.top * TILE

    def moved(self, right: int, down: int) -> Place:
        """Return the corner of the window so many half windows further."""
        half = ACROSS // 2
        return self._kept(self.left + right * half), self._kept(self.top + down * half)

    def _kept(self, tile: int) -> int:
        return max(0, min(tile, self.last))


@dataclass(frozen=True, slots=True)
class Region:
    """A theme's name on the map: where its most typical works are, and the window that shows them."""

    theme: Theme
    label: str
    column: float
    row: float
    zoom: int
    left: int
    top: int


def view_of(chart: Chart, zoom: int = USUAL_ZOOM, left: int = 0, top: int = 0, hits: Collection[Place] = ()) -> View:
    """Return a window of the map, at first the whole of it; kept within the map."""
    depth = chart.pyramid.depth
    zoom = min(depth, zoom)
    # So many tiles hold the grid, which is not always a power of two.
    used = max(1, -(-chart.atlas.side * (TILE >> (depth - zoom)) // TILE))
    last = max(0, used - ACROSS)
    left, top = min(left, last), min(top, last)
    across = min(ACROSS, used)
    cell = TILE >> (depth - zoom)
    tiles = tuple(
        (column, row)
        for row in range(top, top + across)
        for column in range(left, left + across)
        if chart.pyramid.name(zoom, column, row)
    )
    shown: dict[Place, str] = {}
    parts: tuple[Part, ...] = ()
    if cell >= CLOSE:
        span = TILE // cell
        shown = {
            (column * span + x, row * span + y): work
            for column, row in tiles
            for (x, y), _ in chart.pyramid.on(zoom, column, row)
            if (work := chart.work_at((column * span + x, row * span + y)))
        }
    else:
        parts = _parts(chart, zoom, left, top, tiles)
    inside = (left * TILE, top * TILE, (left + across) * TILE, (top + across) * TILE)
    marked = tuple(
        (column, row)
        for column, row in hits
        if inside[0] <= column * cell < inside[2] and inside[1] <= row * cell < inside[3]
    )
    return View(
        zoom, left, top, last, cell, tiles, shown, parts, marked, _box(chart, cell, across * TILE, whole=not last)
    )


def _box(chart: Chart, cell: int, side: int, *, whole: bool) -> tuple[int, int, int, int]:
    """Return the whole window or, where that is the whole map, the part in which works hang."""
    if not whole:
        return 0, 0, side, side
    low, high = chart.atlas.cells.min(axis=0) * cell, (chart.atlas.cells.max(axis=0) + 1) * cell
    left, top, right, bottom = (int(at) for at in (*low, *high))
    return left - cell, top - cell, right - left + 2 * cell, bottom - top + 2 * cell


def _parts(chart: Chart, zoom: int, left: int, top: int, tiles: Sequence[Place]) -> tuple[Part, ...]:
    cells = max(1, _PART * (1 << (chart.pyramid.depth - zoom)) // TILE)
    shown = set(tiles)
    counts = Counter(
        (column // cells, row // cells)
        for column, row in chart.pyramid.works
        if (column // (2 * cells), row // (2 * cells)) in shown
    )
    return tuple(
        Part(
            column * _PART - left * TILE,
            row * _PART - top * TILE,
            works,
            # A part is a tile of the next zoom: the window there has it in its middle.
            max(0, column - ACROSS // 2 + 1),
            max(0, row - ACROSS // 2 + 1),
        )
        for (column, row), works in sorted(counts.items(), key=lambda each: each[0][::-1])
    )


def regions(chart: Chart, themes: Sequence[Theme]) -> list[Region]:
    """Return where themes lie on the map, the largest first."""
    depth = chart.pyramid.depth
    zoom = max(0, depth - 2)
    found: list[Region] = []
    for theme in sorted(themes, key=lambda theme: -theme.size):
        places = [chart.cells[work.id] for work in (theme.medoid, *theme.typical) if work.id in chart.cells]
        if not places:
            continue
        column, row = median(x for x, _ in places) + 0.5, median(y for _, y in places) + 0.5
        left, top = (max(0, int(at * CLOSE // TILE) - ACROSS // 2) for at in (column, row))
        label = label_of(theme, {region.label for region in found})
        found.append(Region(theme, label, column, row, zoom, left, top))
    return found


def label_of(theme: Theme, taken: Collection[str]) -> str:
    """Return a theme's name, or what most of its works have while it has none, and more of that if it is taken."""
    if theme.name:
        return theme.name
    told = [trait["value"] for trait in theme.facts["traits"] if trait["share"] >= _MOSTLY]
    rest = [trait["value"] for trait in theme.facts["traits"] if trait["value"] not in told[:1]]
    ways = [f"Mostly {told[0]}", *(f"Mostly {told[0]}, {other}" for other in rest)] if told else []
    return next((way for way in ways if way not in taken), theme.title)
