"""Ways on for whoever looks for nothing: any work, and a walk from one to another that is like it."""

import secrets
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gallery.browse.lens import alike, lens_asked
from gallery.catalogue import artwork_or_404, store
from indexer.store.model import Filters

blueprint = Blueprint("wander", __name__)

# A step leads to one of so many nearest: fewer go round in circles.
STEP = 12


@blueprint.get("/surprise")
def show() -> AnyResponse:
    """Lead to any work, each as likely as another; with `from`, to one of those nearest to that work.

    Neighbours favour works that are near to many; drawing by lot shows also those that are near to none.
    """
    start = request.args.get("from")
    chosen = drawn() if start is None else step(start)
    there: Response | AnyResponse = redirect(url_for("artworks.show", artwork_id=chosen))
    there.headers["Cache-Control"] = "no-store"
    return there


def drawn() -> str:
    """Return the id of any work."""
    total = store().count(Filters())
    works = store().page(Filters(), number=secrets.randbelow(total) + 1, size=1).artworks if total else ()
    if not works:
        abort(404, "Nothing hangs here yet.")
    return works[0].id


def step(start: str) -> str:
    """Return the id of a work near another, by the lens that was asked for."""
    try:
        work = artwork_or_404(str(UUID(start)))
    except ValueError:
        abort(400, "'from' must be the id of an artwork, as in its address.")
    found = alike(work.id, Filters(), lens_asked(), size=STEP)[0].found
    if not found:
        abort(404, "There is nothing to go on to from this work yet.")
    return secrets.choice(found).artwork.id
