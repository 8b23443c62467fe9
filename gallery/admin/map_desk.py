"""The map's page of the desk: how much of the collection is on it, and a button that has it laid out anew."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import needs
from gallery.admin.queueing import ask_from
from gallery.catalogue import store
from gallery.chart import shelf
from gallery.configured import configured
from indexer.atlas.errors import MapDamaged
from indexer.errors import StoreMissing

blueprint = Blueprint("map_desk", __name__)


@blueprint.get("/admin/map")
@needs("admin")
def show() -> ResponseReturnValue:
    """Show what is on the map and the button for a new layout."""
    return _page(None)


@blueprint.post("/admin/map")
@needs("admin")
def make() -> ResponseReturnValue:
    """Have the map laid out anew, and go on to the job."""
    return ask_from(_page, "map")


def _page(error: str | None) -> str:
    try:
        chart = shelf().now()
    except MapDamaged as damaged:
        chart, error = None, error or f"The map cannot be read: {damaged.problem}. Laying it out anew mends that."
    try:
        works = store().stats().artworks
    except StoreMissing:
        works = 0
    every = configured().map_after
    return render_template(
        "admin/map.html", atlas=chart.atlas if chart else None, works=works, every=every, error=error
    )
