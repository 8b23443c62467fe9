"""The map of the site for crawlers: an index, and parts that are written while they are sent."""

from collections.abc import Iterator
from functools import partial
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, stream_with_context

from gallery.addresses import absolute, page_of, site_url
from gallery.browse.feeds import atom_time
from gallery.catalogue import store
from gallery.pictures import shown
from indexer.errors import StoreMissing
from indexer.store.model import Artwork, Filters
from scraper.names import slug

blueprint = Blueprint("sitemap", __name__)

# A part may list 50,000 pages; a smaller one is sooner read and sooner done.
PART = 10_000
STEP = 1_000
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
IMAGES = "http://www.google.com/schemas/sitemap-image/1.1"
ROOMS = ("home.show", "artists.index", "movements.index", "clusters.index", "atlas.show", "tags.index", "about.show")


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """List the parts: one of rooms and artists, the rest of artworks."""
    parts = [absolute("sitemap.rooms")]
    parts += [absolute("sitemap.artworks", part=part) for part in range(1, parts_of(works_in_all()) + 1)]
    listed = "".join(f"<sitemap><loc>{escape(part)}</loc></sitemap>\n" for part in parts)
    return xml(iter((f'{HEAD}<sitemapindex xmlns="{SITEMAPS}">\n', listed, "</sitemapindex>\n")))


@blueprint.get("/sitemaps/rooms.xml")
def rooms() -> Response:
    """List the pages that are no artwork's."""
    pages = [absolute(room) for room in ROOMS]
    try:
        artists = store().facets("artist_slug", Filters(), limit=PART)
        movements = sorted({slug(facet.value) for facet in store().facets("movement", Filters())})
    except StoreMissing:
        artists, movements = [], []
    pages += [absolute("artists.show", slug=facet.value) for facet in artists]
    pages += [absolute("movements.show", name=name) for name in movements]
    return xml(within_set(f"<url><loc>{escape(page)}</loc></url>\n" for page in pages))


@blueprint.get("/sitemaps/artworks-<int:part>.xml")
def artworks(part: int) -> Response:
    """List a part of the artworks with their pictures, newest first."""
    if not 1 <= part <= parts_of(works_in_all()):
        abort(404, "The map has no such part.")
    return xml(stream_with_context(within_set(entries(part))))


def entries(part: int) -> Iterator[str]:
    """Yield the artworks of a part; few are in memory at a time."""
    ask = partial(store().page, Filters(), size=STEP)
    for number in range((part - 1) * PART // STEP + 1, part * PART // STEP + 1):
        works = ask(number=number).artworks
        yield "".join(map(entry, works))
        if len(works) < STEP:
            return


def entry(work: Artwork) -> str:
    """Return one artwork's page and picture."""
    picture = escape(site_url() + shown(work).largest)
    return (
        f"<url><loc>{escape(page_of(work))}</loc><lastmod>{atom_time(work.added_at)}</lastmod>"
        f"<image:image><image:loc>{picture}</image:loc></image:image></url>\n"
    )


def within_set(urls: Iterator[str]) -> Iterator[str]:
    """Yield the frame of a part around its pages."""
    yield f'{HEAD}<urlset xmlns="{SITEMAPS}" xmlns:image="{IMAGES}">\n'
    yield from urls
    yield "</urlset>\n"


def works_in_all() -> int:
    """Return how many works there are, 0 before the first."""
    try:
        return store().count(Filters())
    except StoreMissing:
        return 0


def parts_of(works: int) -> int:
    """Return how many parts so many works take."""
    return -(-works // PART)


def xml(chunks: Iterator[str]) -> Response:
    """Return an answer that is sent while it is written."""
    return Response(chunks, mimetype="application/xml", headers={"Cache-Control": "public, max-age=3600"})
