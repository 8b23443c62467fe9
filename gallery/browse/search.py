"""Search by words over titles, artists and tags, narrowed by what they have in common."""

from flask import Blueprint, render_template

from gallery.browse.facets import narrowing
from gallery.browse.reading import choice, page_number
from gallery.catalogue import store, within
from gallery.configured import configured
from gallery.survey import surveyor
from indexer.store.model import FacetCount, Filters

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
def show() -> str:
    """Show the works that match, or only the form when nothing is asked for."""
    asked, number = choice(), page_number()
    filters = asked.filters()
    works = within(store().page(filters, number=number, size=configured().page_size))
    return render_template(
        "browse/search.html",
        asked=asked,
        works=works,
        narrowing=narrowing(asked, filters, works.total),
        movements=offered("movement"),
        seen=offered("seen_words"),
        licences=offered("licence"),
    )


def offered(field: str) -> list[FacetCount]:
    """Return the values of a field that the form offers, by name: those of the last survey, else counted now."""
    known = surveyor().latest()
    counts = known.values[field] if known else store().facets(field, Filters())
    return sorted(counts, key=lambda facet: facet.value)
