"""Atom feeds: new works, those of an artist or a cluster, and those that are like a picture."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, render_template

from gallery.addresses import absolute
from gallery.browse.lens import Lens, lens_asked
from gallery.browse.lens import alike as works_alike
from gallery.browse.reading import score_of
from gallery.catalogue import artwork_or_404, store, works_of_or_404
from gallery.clusters.shelf import clusters
from gallery.configured import configured
from gallery.lenses import SUBJECT
from indexer.errors import StoreMissing
from indexer.likeness import NEAR
from indexer.store.model import Artwork, Filters

blueprint = Blueprint("feeds", __name__)

ENTRIES = 50
# So deep a feed of likenesses looks for what is new among them.
DEPTH = 200
ABOVE = 0.7
# What XML 1.0 cannot hold, escaped or not: control characters and two that are none at all; halves of pairs
# never get as far as the store.
_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\N{REPLACEMENT CHARACTER}")


@blueprint.get("/feed.atom")
def newest() -> Response:
    """Tell of new works."""
    try:
        works = store().page(Filters(), size=ENTRIES).artworks
    except StoreMissing:
        works = ()
    return feed(f"New works – {site_name()}", works, absolute("feeds.newest"), absolute("home.show"))


@blueprint.get("/artists/<slug>/feed.atom")
def artist(slug: str) -> Response:
    """Tell of an artist's new works."""
    works = works_of_or_404(slug, Filters(artist=slug), 1, ENTRIES).artworks
    here, page = absolute("feeds.artist", slug=slug), absolute("artists.show", slug=slug)
    return feed(f"{works[0].artist} – {site_name()}", works, here, page)


@blueprint.get("/clusters/<int:cluster>/feed.atom")
def cluster(cluster: int) -> Response:
    """Tell of new works in a cluster."""
    works: Sequence[Artwork] = ()
    theme = clusters().themes.get(cluster)
    try:
        works = store().page(theme.filters if theme else Filters(cluster=str(cluster)), size=ENTRIES).artworks
    except StoreMissing:
        pass
    if not works:
        abort(404, "There is no such cluster now. It may have been merged with another by a later run.")
    here, page = absolute("feeds.cluster", cluster=cluster), absolute("clusters.show", cluster=cluster)
    return feed(f"{theme.title if theme else f'Cluster {cluster}'} – {site_name()}", works, here, page)


@blueprint.get("/artworks/<uuid:artwork_id>/feed.atom")
def alike(artwork_id: UUID) -> Response:
    """Tell of new works that are like this one in a lens, the subject if none is named, above a likeness."""
    lens, work = lens_asked(SUBJECT), artwork_or_404(str(artwork_id))
    above = score_of("above", _least(lens))
    found = works_alike(work.id, Filters(), lens, size=DEPTH, min_score=above)[0].found
    works = sorted((neighbour.artwork for neighbour in found), key=lambda each: -each.added_at)[:ENTRIES]
    here = absolute("feeds.alike", artwork_id=work.id, above=above, **lens.values)
    title = f"Like “{work.title}” – {site_name()}"
    return feed(title, works, here, absolute("artworks.show", artwork_id=work.id, **lens.values))


def _least(lens: Lens) -> float:
    """Return the likeness above which a feed tells of works: in other lenses than the first, where near ones begin."""
    if not lens.named or (scale := lens.scale) is None:
        return ABOVE
    return round(scale.cosine_at(NEAR), 2)


def feed(title: str, works: Sequence[Artwork], here: str, page: str) -> Response:
    """Return an Atom feed of works; it is as old as the newest of them."""
    updated = max((work.added_at for work in works), default=0.0)
    xml = render_template("browse/feed.xml", title=title, works=works, here=here, page=page, updated=updated)
    return Response(xml, mimetype="application/atom+xml")


def xml_text(text: str) -> str:
    """Return a text with what XML cannot hold replaced."""
    return text.translate(_FORBIDDEN)


def atom_time(seconds: float) -> str:
    """Return a moment as Atom and sitemaps write it, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def site_name() -> str:
    """Return what the site is called."""
    name = configured().site_name
    return name


def init_app(app: Flask) -> None:
    """Give the two ways of writing to templates."""
    app.add_template_filter(xml_text)
    app.add_template_filter(atom_time)
