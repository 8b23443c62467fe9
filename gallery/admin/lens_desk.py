"""The lenses' page of the desk: what they are made with, whether works are compared by them, and a new fit."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.catalogue import store
from gallery.errors import JobError
from gallery.jobs import asking
from gallery.jobs.holding import queue
from gallery.ledger import database
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
    try:
        job = asking.ask_for(database(), queue(), "lenses", {"name": "all works"}, by=me())
    except JobError as error:
        return _page(str(error)), 409
    return redirect(url_for("jobs.show", job_id=job.id), 303)


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
