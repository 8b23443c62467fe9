"""Search by words over titles, artists and tags, narrowed by what they have in common."""

from flask import Blueprint, current_app, render_template

from gallery.browse.facets import narrowing
from gallery.browse.reading import choice, page_number
from gallery.catalogue import store, within
from indexer.store.model import Filters

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
def show() -> str:
    """Show the works that match, or only the form when nothing is asked for."""
    asked, number = choice(), page_number()
    filters = asked.filters()
    works = within(store().page(filters, number=number, size=current_app.config["GALLERY"].page_size))
    return render_template(
        "browse/search.html",
        asked=asked,
        works=works,
        narrowing=narrowing(asked, filters, works.total),
        movements=sorted(store().facets("movement", Filters()), key=lambda facet: facet.value),
        seen=sorted(store().facets("seen_words", Filters()), key=lambda facet: facet.value),
        licences=sorted(store().facets("licence", Filters()), key=lambda facet: facet.value),
    )
