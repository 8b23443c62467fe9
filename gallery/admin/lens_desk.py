"""The lenses' page of the desk: what they are made with, whether works are compared by them, and a new fit."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import needs
from gallery.admin.queueing import ask_from
from gallery.catalogue import store
from gallery.lenses import lenses
from indexer.errors import StoreMissing
from indexer.lenses.names import ABOUT, SHOWN, known_lenses

blueprint = Blueprint("lens_desk", __name__)


@blueprint.get("/admin/lenses")
@needs("admin")
def show() -> ResponseReturnValue:
    """Show the lenses and the button for a new fit."""
    return _page(None)


@blueprint.post("/admin/lenses")
@needs("admin")
def fit() -> ResponseReturnValue:
    """Have the statistics fitted anew, and go on to the job."""
    return ask_from(_page, "lenses")


def _page(error: str | None) -> str:
    try:
        stats = store().stats()
    except StoreMissing:
        stats = None
    card = stats.card if stats else None
    rows = (
        [(SHOWN[lens], ABOUT[lens], card.widths[lens]) for lens in known_lenses(card.widths) if lens in SHOWN]
        if card
        else []
    )
    return render_template(
        "admin/lenses.html",
        card=card,
        rows=rows,
        works=stats.artworks if stats else 0,
        used=lenses().measured(),
        error=error,
    )
