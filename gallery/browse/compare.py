"""Two works side by side: how alike they are, what they share, and whom both have near."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, degrees
from uuid import UUID

import numpy as np
from flask import Blueprint, abort, render_template

from gallery.catalogue import artwork_or_404, store
from gallery.survey import surveyor
from gallery.wording import counted
from indexer.errors import UnknownArtwork
from indexer.store.model import Artwork, Filters, Neighbour

blueprint = Blueprint("compare", __name__)

NEIGHBOURS = 12
# Stored vectors have the length 1; only one of zeros, which is like nothing, has less than this.
_LEAST_LENGTH = 1e-9


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two works, with its neighbours; the ids of those that are the other's neighbours too."""

    work: Artwork
    found: tuple[Neighbour, ...]


@blueprint.get("/compare/<uuid:first>/<uuid:second>")
def show(first: UUID, second: UUID) -> str:
    """Show two works beside each other."""
    if first == second:
        abort(400, "A work can only be compared with another one.")
    one, other = artwork_or_404(str(first)), artwork_or_404(str(second))
    try:
        (cosine,) = likenesses([one.id, other.id])
        sides = [Side(work, store().similar(work.id, Filters(), size=NEIGHBOURS).found) for work in (one, other)]
    except UnknownArtwork:
        abort(404, "One of the two works has just been removed.")
    near = [{neighbour.artwork.id for neighbour in side.found} for side in sides]
    known = surveyor().latest()
    return render_template(
        "browse/compare.html",
        sides=sides,
        both=near[0] & near[1],
        cosine=cosine,
        angle=degrees(acos(cosine)),
        shared=shared(one, other),
        scale=known.scale if known else None,
    )


def likenesses(works: Sequence[str]) -> list[float]:
    """Return the cosine of each of these stored works and the next; raise `UnknownArtwork`."""
    vectors = store().vectors(works)
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = (vectors[:-1] * vectors[1:]).sum(axis=1) / np.maximum(lengths[:-1] * lengths[1:], _LEAST_LENGTH)
    return [float(cosine) for cosine in cosines.clip(-1.0, 1.0)]


def shared(one: Artwork, other: Artwork) -> list[tuple[str, str]]:
    """Return what two works have in common, each with a word for what it is."""
    found = []
    for label, name in (("Artist", "artist"), ("Movement", "movement"), ("Medium", "medium")):
        if getattr(one, name) and getattr(one, name) == getattr(other, name):
            found.append((label, getattr(one, name)))
    if one.year is not None and other.year is not None:
        apart = abs(one.year - other.year)
        found.append(("Time", f"{counted(apart, 'year')} apart" if apart else f"Both of {one.year}"))
    tags = sorted(set(one.keywords) & set(other.keywords))
    if tags:
        found.append(("Tags", ", ".join(tags[:12])))
    if one.institution and one.institution == other.institution:
        found.append(("Collection", one.institution))
    return found
