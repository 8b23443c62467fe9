"""The index of artists and the page of one artist."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, current_app, render_template, request

from gallery.browse.facets import narrowing
from gallery.browse.reading import ORDERS, choice, in_order, order_asked, page_number
from gallery.catalogue import store, within, works_of_or_404
from gallery.survey import Kindred, surveyor
from indexer.store.model import Artwork, FacetCount, Filters

blueprint = Blueprint("artists", __name__)

MOST_ARTISTS = 10_000
# Sorting by time waits so many seconds for the first survey, then goes by name.
PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """An artist as the index shows them: a work as cover, and how many there are."""

    slug: str
    name: str
    cover: Artwork
    count: int


@blueprint.get("/artists")
def index() -> str:
    """Show the artists by name, count or time, a page or a letter at a time, each with a cover."""
    number, size, letter = page_number(), current_app.config["GALLERY"].page_size, request.args.get("letter", "")
    order = order_asked()
    counts = sorted(store().facets("artist_slug", Filters(), limit=MOST_ARTISTS), key=lambda facet: facet.value)
    letters = sorted({facet.value[:1] for facet in counts})
    if letter and letter not in letters:
        abort(404, "No artist begins with that letter.")
    chosen = [facet for facet in counts if facet.value.startswith(letter)]
    last = max(1, -(-len(chosen) // size))
    if number > last:
        abort(404, f"There are only {last} pages here." if last > 1 else "There is only one page here.")
    known = surveyor().latest(PATIENCE if order == "time" else 0)
    shown = in_order(chosen, order, known.artists if known else {})[(number - 1) * size : number * size]
    return render_template(
        "browse/artists.html",
        artists=shelf(shown),
        total=len(counts),
        letters=letters,
        letter=letter,
        order=order,
        orders=ORDERS,
        number=number,
        last=last,
    )


@blueprint.get("/artists/<slug>")
def show(slug: str) -> str:
    """Show an artist's works, newest first."""
    asked = choice().without("artist")
    size = current_app.config["GALLERY"].page_size
    filters = asked.filters(artist=slug)
    works = within(works_of_or_404(slug, filters, page_number(), size))
    known = surveyor().latest()
    return render_template(
        "browse/artist.html",
        slug=slug,
        name=works.artworks[0].artist if works.artworks else name_of(slug),
        works=works,
        asked=asked,
        narrowing=narrowing(asked, filters, works.total, fixed=("artist",)),
        movements=store().facets("movement", Filters(artist=slug)),
        seen=store().facets("seen_words", Filters(artist=slug)),
        kindred=still_here(kindred_of(slug)) if not asked.any and works.number == 1 else (),
        decades=known.artists[slug].years if known and slug in known.artists else (),
    )


def kindred_of(slug: str) -> Sequence[Kindred]:
    """Return the artists like this one, none before the collection was surveyed."""
    known = surveyor().latest()
    return known.kindred.get(slug, ()) if known else ()


def still_here(found: Sequence[Kindred]) -> list[Kindred]:
    """Return those whose pair of works still hangs here: what was taken down since is not shown."""
    if not found:
        return []
    gone = set(store().missing(list({work.id for each in found for work in (each.ours, each.theirs)})))
    return [each for each in found if not {each.ours.id, each.theirs.id} & gone]


def shelf(counts: Sequence[FacetCount]) -> list[Shelf]:
    """Return artists with their covers, in the order of `counts`; one call for all."""
    covers = store().covers("artist_slug", [facet.value for facet in counts]) if counts else {}
    return [
        Shelf(facet.value, covers[facet.value].artist, covers[facet.value], facet.count)
        for facet in counts
        # A work removed between the two calls leaves its artist without a cover.
        if facet.value in covers
    ]


def name_of(slug: str) -> str:
    """Return the artist's name as their works spell it."""
    return store().covers("artist_slug", [slug])[slug].artist
