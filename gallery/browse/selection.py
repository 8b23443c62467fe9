"""Works picked on the map by an outline: as a list, and as a table to download."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flask import Blueprint, Response, abort, current_app, render_template, request, stream_with_context

from gallery.addresses import page_of
from gallery.browse.facets import Narrowing, narrowing
from gallery.browse.reading import Choice, choice, page_number
from gallery.browse.tray import MOST
from gallery.catalogue import store, within, works_by_id
from gallery.chart import chart_or_404, outline_of
from gallery.configured import configured
from indexer.bundle.tables import harmless
from indexer.store.model import Artwork, Filters, Page

blueprint = Blueprint("selection", __name__)

COLUMNS = ("id", "url", "title", "artist", "year", "movement", "tags", "cluster")
RIGHTS = ("licence", "licence_url", "holder", "credit", "source", "page_url")
_AT_ONCE = 200
# So many ids are told to the store with a question; more works than these are not narrowed.
_MOST_NARROWED = 10_000


@blueprint.get("/map/selection")
def show() -> str:
    """List the works within an outline, row by row of the map."""
    ids, number, asked = _picked(), page_number(), choice()
    size = configured().page_size
    works = within(_page(ids, asked, number, size))
    examples = [work.id for work in works.artworks] if asked.any else ids
    return render_template(
        "browse/selection.html",
        works=works,
        outline=request.args["within"],
        examples=spread(examples, MOST),
        asked=asked,
        narrowing=_narrowing(ids, asked, works.total),
    )


@blueprint.get("/map/selection.csv")
def table() -> Response:
    """Send facts and rights of the works within an outline as CSV."""
    ids, asked = _picked(), choice()
    lines = stream_with_context(_lines(_works(ids, asked)))
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
    return chart_or_404().within(outline)


def _narrowing(ids: Sequence[str], asked: Choice, total: int) -> Narrowing | None:
    return narrowing(asked, _among(ids, asked), total) if len(ids) <= _MOST_NARROWED else None


def _among(ids: Sequence[str], asked: Choice) -> Filters:
    if asked.any and len(ids) > _MOST_NARROWED:
        abort(400, f"More than {_MOST_NARROWED:,} works are not narrowed: draw a smaller outline.")
    return replace(asked.filters(), only=tuple(ids))


def _page(ids: Sequence[str], asked: Choice, number: int, size: int) -> Page:
    """Return a page of works in the order of the map, of narrowed ones the newest first."""
    if asked.any:
        return store().page(_among(ids, asked), number=number, size=size)
    held = works_by_id(ids[(number - 1) * size : number * size])
    return Page(tuple(held.values()), len(ids), number, size)


def _works(ids: Sequence[str], asked: Choice) -> Iterator[Iterable[Artwork]]:
    page = _page(ids, asked, 1, _AT_ONCE)
    yield page.artworks
    for number in range(2, page.last + 1):
        yield _page(ids, asked, number, _AT_ONCE).artworks


def _lines(batches: Iterable[Iterable[Artwork]]) -> Iterator[str]:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow((*COLUMNS, *RIGHTS))
    for works in batches:
        for work in works:
            rows.writerow([harmless(value) for value in _row(work)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _row(work: Artwork) -> Iterator[object]:
    own = {"url": page_of(work), "tags": "; ".join(work.tags)}
    for name in (*COLUMNS, *RIGHTS):
        yield own.get(name, getattr(work, name, None))
