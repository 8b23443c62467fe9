"""The front page: the newest works and the artists with the most."""

from flask import Blueprint, render_template

from gallery.browse.artists import shelf
from gallery.browse.roster import MOST_ARTISTS
from gallery.catalogue import store
from gallery.configured import configured
from indexer.store.model import Artwork, Filters

blueprint = Blueprint("home", __name__)

ARTISTS = 12
# A picture smaller than this looks coarse at the size of the lead.
LEAD_SIDE = 800


@blueprint.get("/")
def show() -> str:
    """Show the newest works, one of them large, and some artists."""
    works = store().page(Filters(), size=configured().page_size)
    counts = store().facets("artist_slug", Filters(), limit=MOST_ARTISTS)
    lead = next((work for work in works.artworks if fit_to_lead(work)), None)
    return render_template(
        "browse/home.html",
        lead=lead,
        works=[work for work in works.artworks if work is not lead],
        total=works.total,
        last=works.last,
        artists=shelf(counts[:ARTISTS]),
        artist_count=len(counts),
    )


def fit_to_lead(work: Artwork) -> bool:
    """Tell whether a work can be shown large: sharp enough and not a strip."""
    return min(work.width, work.height) * 2 >= max(work.width, work.height) >= LEAD_SIDE
