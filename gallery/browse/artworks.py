"""The page of one artwork, with those most like it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from gallery.browse.facets import narrowing
from gallery.browse.reading import choice, page_number
from gallery.catalogue import artwork_or_404, store
from gallery.survey import surveyor
from indexer.store.model import Artwork, Filters, Neighbour

blueprint = Blueprint("artworks", __name__)

SIZE = 24
SCOPES = {"all": "Everyone", "artist": "This artist", "others": "Other artists"}
# What the scope says already.
FIXED: dict[str, tuple[str, ...]] = {"all": (), "artist": ("artist",), "others": ()}


@blueprint.get("/artworks/<uuid:artwork_id>")
def show(artwork_id: UUID) -> str:
    """Show a work, its facts, and its neighbours within the chosen scope."""
    scope = request.args.get("scope", "all")
    if scope not in SCOPES:
        abort(400, "The scope must be one of: " + ", ".join(SCOPES) + ".")
    number = page_number()
    work = artwork_or_404(str(artwork_id))
    asked = choice().without(*FIXED[scope])
    filters = among(scope, work, asked.filters())
    alike = store().similar(work.id, filters, number=number, size=SIZE)
    if number > 1 and not alike.found:
        abort(404, "There are no more works like this one.")
    close, far = divided(alike.found)
    return render_template(
        "browse/artwork.html",
        work=work,
        alike=alike,
        close=close,
        far=far,
        scope=scope,
        scopes=SCOPES,
        asked=asked,
        narrowing=narrowing(asked, replace(filters, but=(work.id,)), fixed=FIXED[scope]),
    )


def divided(found: Sequence[Neighbour]) -> tuple[Sequence[Neighbour], Sequence[Neighbour]]:
    """Return neighbours that are close, and those no closer than most works are to each other."""
    known = surveyor().latest()
    if known is None or known.scale is None:
        return found, ()
    close = sum(neighbour.score >= known.scale.cut for neighbour in found)
    return found[:close], found[close:]


def among(scope: str, work: Artwork, filters: Filters) -> Filters:
    """Return filters that also keep neighbours to the work's own artist, to others, or to nobody."""
    if scope == "artist":
        return replace(filters, artist=work.artist_slug)
    return replace(filters, not_artist=work.artist_slug) if scope == "others" else filters
