"""The page of one artwork, with those most like it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from gallery.browse.facets import narrowing
from gallery.browse.lens import alike, lens_asked, to_mix
from gallery.browse.reading import choice, known_or_400, page_number
from gallery.catalogue import artwork_or_404
from indexer.likeness import Scale
from indexer.store.model import Artwork, Filters, Neighbour

blueprint = Blueprint("artworks", __name__)

SIZE = 24
SCOPES = {"all": "Everyone", "artist": "This artist", "others": "Other artists"}
# What the scope says already.
FIXED: dict[str, tuple[str, ...]] = {"all": (), "artist": ("artist",), "others": ()}


@blueprint.get("/artworks/<uuid:artwork_id>")
def show(artwork_id: UUID) -> ResponseReturnValue:
    """Show a work, its facts, and its neighbours within the chosen scope, by the chosen lens."""
    if there := to_mix(artwork_id=artwork_id, _anchor="alike"):
        return there
    scope = known_or_400(request.args.get("scope", "all"), SCOPES, "The scope must be")
    number = page_number()
    work = artwork_or_404(str(artwork_id))
    asked = choice().without(*FIXED[scope])
    filters = among(scope, work, asked.filters())
    near, lens = alike(work.id, filters, lens_asked(), number=number, size=SIZE)
    if number > 1 and not near.found:
        abort(404, "There are no more works like this one.")
    close, far = divided(near.found, lens.scale)
    return render_template(
        "browse/artwork.html",
        work=work,
        alike=near,
        lens=lens,
        close=close,
        far=far,
        scope=scope,
        scopes=SCOPES,
        asked=asked,
        narrowing=narrowing(asked, replace(filters, but=(work.id,)), fixed=FIXED[scope]),
    )


def divided(found: Sequence[Neighbour], scale: Scale | None) -> tuple[Sequence[Neighbour], Sequence[Neighbour]]:
    """Return neighbours that are close, and those no closer than most works are to each other."""
    if scale is None:
        return found, ()
    close = sum(neighbour.score >= scale.cut for neighbour in found)
    return found[:close], found[close:]


def among(scope: str, work: Artwork, filters: Filters) -> Filters:
    """Return filters that also keep neighbours to the work's own artist, to others, or to nobody."""
    if scope == "artist":
        return replace(filters, artist=work.artist_slug)
    return replace(filters, not_artist=work.artist_slug) if scope == "others" else filters
