"""The way from one work to another, step by step along likeness; the address keeps it, so that it can be shared."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from gallery.browse.compare import likenesses
from gallery.browse.reading import choice
from gallery.catalogue import artwork_or_404, store
from gallery.paths import paths
from indexer.errors import UnknownArtwork
from indexer.store.model import Artwork

blueprint = Blueprint("path", __name__)

SIZE = 24


@blueprint.get("/path/<uuid:first>")
def begin(first: UUID) -> str:
    """Show works to choose the other end from."""
    work, asked = artwork_or_404(str(first)), choice()
    found = store().page(asked.filters(), size=SIZE)
    others = [other for other in found.artworks if other.id != work.id]
    return render_template("browse/path_to.html", work=work, asked=asked, others=others)


@blueprint.get("/path/<uuid:first>/<uuid:second>")
def show(first: UUID, second: UUID) -> str:
    """Show the way between two works; with `years=1`, one that goes back in time as little as can be."""
    by_years = request.args.get("years", "0")
    if by_years not in ("0", "1"):
        abort(400, "'years' must be 0 or 1.")
    if first == second:
        abort(400, "A path leads from a work to another one.")
    one, other = artwork_or_404(str(first)), artwork_or_404(str(second))
    graph = paths().graph()
    try:
        way = None if graph is None else paths().between(graph, one, other, by_years=by_years == "1")
        steps = likenesses([work.id for work in way]) if way else []
    except UnknownArtwork:
        abort(404, "One of the works on the way has just been removed.")
    return render_template(
        "browse/path.html",
        one=one,
        other=other,
        way=way,
        steps=steps,
        ready=graph is not None,
        by_years=by_years == "1",
        back=years_back(way or ()),
    )


def years_back(way: Sequence[Artwork]) -> int:
    """Return how many years a way goes back in all, seen in the direction of its ends."""
    years = [work.year for work in way if work.year is not None]
    if len(years) < 2:
        return 0
    sign = 1 if years[0] <= years[-1] else -1
    return sum(max(0, sign * (here - there)) for here, there in zip(years, years[1:], strict=False))
