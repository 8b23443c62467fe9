"""The first page of the desk: what waits, and how much there is."""

from flask import Blueprint, render_template

from gallery.accounts.identity import needs
from gallery.catalogue import store
from gallery.ledger import database
from gallery.models.counts import desk_counts
from indexer.errors import StoreMissing

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/admin")
@needs("curator")
def show() -> str:
    """Show what waits for somebody and how much there is."""
    with database().reading() as session:
        counts = desk_counts(session)
    try:
        artworks = store().stats().artworks
    except StoreMissing:
        artworks = 0
    return render_template("admin/dashboard.html", counts=counts, artworks=artworks)
