"""The map of the collection: the page, which is a picture with links where there are no scripts, and its tiles."""

from flask import Blueprint, Response, abort, current_app, json, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from gallery.assets import IMMUTABLE
from gallery.browse.atlas_view import USUAL_ZOOM, regions, view_of
from gallery.browse.reading import choice, whole
from gallery.catalogue import store, works_by_id
from gallery.chart import Chart, chart, chart_or_404, shelf
from gallery.clusters.scope import WHOLE
from gallery.clusters.shelf import clusters
from gallery.pictures import sizes_of
from indexer.errors import StoreMissing
from indexer.store.model import Artwork

blueprint = Blueprint("atlas", __name__)

MOST_FOUND, MOST_NAMED, FURTHEST = 2_000, 200, 99_999


@blueprint.get("/map")
def show() -> str:
    """Show the map; `left` and `top` are the tile in the corner at zoom `z`, for those who have no scripts."""
    known, asked = chart(), choice()
    if known is None or not known.pyramid.works:
        return render_template("browse/map.html", chart=None, view=None, asked=asked, places=[], found=None, named={})
    zoom, left, top = (whole(name, usual, 0, FURTHEST) for name, usual in (("z", USUAL_ZOOM), ("left", 0), ("top", 0)))
    found = _found(known) if asked.any else None
    view = view_of(known, zoom, left, top, found or ())
    places = regions(known, clusters().part(WHOLE))
    named = _works(view.cells) if view.close else {}
    return render_template(
        "browse/map.html", chart=known, view=view, asked=asked, places=places, found=found, named=named
    )


@blueprint.get("/map/<mark>/<int:zoom>/<int:column>/<int:row>.webp")
def tile(mark: str, zoom: int, column: int, row: int) -> Response:
    """Send a tile; its address names what is on the map, so it may be kept for ever."""
    known = chart_or_404()
    try:
        content = shelf().home.tiles.content(known.pyramid, zoom, column, row)
    except KeyError:
        abort(404, "There is nothing on this part of the map.")
    return _kept(current_app.response_class(content, mimetype="image/webp"), mark, known)


@blueprint.get("/map/<mark>/cells")
def cells(mark: str) -> Response:
    """Send the cells that hold works."""
    known = chart_or_404()
    return _kept(current_app.response_class(known.packed(), mimetype="application/octet-stream"), mark, known)


@blueprint.get("/map/at/<int:column>/<int:row>")
def at(column: int, row: int) -> Answer:
    """Lead to the work in a cell."""
    work = chart_or_404().work_at((column, row))
    if work is None:
        abort(404, "Nothing hangs there.")
    return redirect(url_for("artworks.show", artwork_id=work))


@blueprint.get("/map/works")
def works() -> Response:
    """Name the works in some cells, given as `at=column.row`."""
    known, asked = chart_or_404(), request.args.getlist("at")
    if len(asked) > MOST_NAMED:
        abort(400, f"At most {MOST_NAMED} works can be named at a time.")
    places = [(int(column), int(row)) for column, row in map(_pair, asked)]
    named = _works({place: work for place in places if (work := known.work_at(place))})
    return _answer(
        [
            {
                "at": list(place),
                "url": url_for("artworks.show", artwork_id=work.id),
                "title": work.title,
                "by": work.artist if work.year is None else f"{work.artist}, {work.year}",
                "picture": sizes_of(work)[0][0],
            }
            for place, work in named.items()
        ]
    )


@blueprint.get("/map/find")
def find() -> Response:
    """Say in which cells the works are that match words and filters."""
    return _answer([list(place) for place in _found(chart_or_404())])


def _found(known: Chart) -> list[tuple[int, int]]:
    try:
        page = store().page(choice().filters(), size=MOST_FOUND)
    except StoreMissing:
        return []
    return [known.cells[work.id] for work in page.artworks if work.id in known.cells]


def _works(places: dict[tuple[int, int], str]) -> dict[tuple[int, int], Artwork]:
    works = works_by_id(list(places.values()))
    # Some may have been removed a moment ago.
    return {place: works[work] for place, work in places.items() if work in works}


def _kept(answer: Response, mark: str, known: Chart) -> Response:
    # Under the address of an older map comes what is there now, which may be less.
    answer.headers["Cache-Control"] = IMMUTABLE if mark == known.pyramid.mark else "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _answer(node: object) -> Response:
    return current_app.response_class(json.dumps(node, ensure_ascii=False), mimetype="application/json")


def _pair(text: str) -> tuple[str, str]:
    column, _, row = text.partition(".")
    if not all(each.isascii() and each.isdigit() and len(each) <= 5 for each in (column, row)):
        abort(400, "'at' must be a column and a row, such as 12.7.")
    return column, row
