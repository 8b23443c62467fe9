"""The index of movements and the page of one: its artists, its works, and when they were made."""

from dataclasses import replace

from flask import Blueprint, abort, render_template

from gallery.browse.artists import PATIENCE, shelf, spans
from gallery.browse.facets import narrowing
from gallery.browse.reading import ORDERS, choice, in_order, order_asked, page_number
from gallery.catalogue import store, within
from gallery.configured import configured
from gallery.portraits import portraits
from gallery.survey import surveyor
from indexer.store.model import FacetCount, Filters
from scraper.names import slug

blueprint = Blueprint("movements", __name__)

ARTISTS = 12


@blueprint.get("/movements")
def index() -> str:
    """Show the movements by name, count or time, each with a cover."""
    order = order_asked()
    known = surveyor().latest(PATIENCE if order == "time" else 0)
    groups, like = known.movements if known else {}, portraits() if order == "typical" else None
    named = sorted(facets(), key=lambda facet: facet.value.casefold())
    counts = in_order(named, order, groups, like.movements if like else None)
    covers = store().covers("movement", [facet.value for facet in counts]) if counts else {}
    shown = [(facet, covers[facet.value]) for facet in counts if facet.value in covers]
    return render_template(
        "browse/movements.html",
        movements=shown,
        groups=groups,
        order=order,
        orders=ORDERS,
        typical=bool(like),
        span=spans(counts, groups, slug) if order == "time" else None,
    )


@blueprint.get("/movements/<name>")
def show(name: str) -> str:
    """Show a movement's artists and works."""
    movement = next((facet.value for facet in facets() if slug(facet.value) == name), None)
    if movement is None:
        abort(404, "There is no such movement here.")
    number, size = page_number(), configured().page_size
    asked = choice().without("movement")
    filters = replace(asked.filters(), movement=movement)
    works = within(store().page(filters, number=number, size=size))
    artists = store().facets("artist_slug", Filters(movement=movement))
    known, like = surveyor().latest(), portraits()
    first = number == 1 and not asked.any
    return render_template(
        "browse/movement.html",
        movement=movement,
        name=name,
        works=works,
        asked=asked,
        narrowing=narrowing(asked, filters, works.total, fixed=("movement",)),
        artists=shelf(artists[:ARTISTS]) if first else (),
        palette=like.movements.palette(movement) if like and first else (),
        artist_count=len(artists),
        decades=known.movements[movement].years if known and movement in known.movements else (),
    )


def facets() -> list[FacetCount]:
    """Return the movements with their counts, most frequent first."""
    return store().facets("movement", Filters())
