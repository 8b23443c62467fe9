"""Works picked on the map by an outline: as a list, and as a table to download."""

import csv
import io
from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, abort, current_app, render_template, request, stream_with_context

from gallery.addresses import page_of
from gallery.browse.reading import page_number
from gallery.browse.tray import MOST
from gallery.catalogue import within, works_by_id
from gallery.chart import Chart, outline_of, shelf
from indexer.atlas.errors import MapDamaged
from indexer.bundle.tables import harmless
from indexer.store.model import Artwork, Page

blueprint = Blueprint("selection", __name__)

COLUMNS = ("id", "url", "title", "artist", "year", "movement", "tags", "cluster")
RIGHTS = ("licence", "licence_url", "holder", "credit", "source", "page_url")
_AT_ONCE = 200


@blueprint.get("/map/selection")
def show() -> str:
    """List the works within an outline, row by row of the map."""
    ids, number = _picked(), page_number()
    size: int = current_app.config["GALLERY"].page_size
    held = works_by_id(ids[(number - 1) * size : number * size])
    works = within(Page(tuple(held.values()), len(ids), number, size))
    return render_template(
        "browse/selection.html", works=works, outline=request.args["within"], examples=spread(ids, MOST)
    )


@blueprint.get("/map/selection.csv")
def table() -> Response:
    """Send facts and rights of the works within an outline as CSV."""
    ids = _picked()
    lines = stream_with_context(_lines(ids))
    answer = current_app.response_class(lines, mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="works-on-the-map.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def spread(ids: Sequence[str], most: int) -> list[str]:
    """Return at most so many of them, taken evenly from the first to the last."""
    if len(ids) <= most:
        return list(ids)
    return [ids[round(at * (len(ids) - 1) / (most - 1))] for at in range(most)]


def _picked() -> list[str]:
    outline = outline_of(request.args.get("within", ""))
    if outline is None:
        abort(400, "'within' must be the corners of an outline on the map, such as 0,0 9,0 9,9.")
    return _chart().within(outline)


def _chart() -> Chart:
    try:
        chart = shelf().now()
    except MapDamaged:
        chart = None
    if chart is None:
        abort(404, "There is no map yet.")
    return chart


def _lines(ids: Sequence[str]) -> Iterator[str]:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow((*COLUMNS, *RIGHTS))
    for start in range(0, len(ids), _AT_ONCE):
        for work in works_by_id(ids[start : start + _AT_ONCE]).values():
            rows.writerow([harmless(value) for value in _row(work)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    if not ids:
        yield out.getvalue()


def _row(work: Artwork) -> Iterator[object]:
    own = {"url": page_of(work), "tags": "; ".join(work.tags)}
    for name in (*COLUMNS, *RIGHTS):
        yield own.get(name, getattr(work, name, None))
