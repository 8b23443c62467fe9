"""Two works side by side: how alike they are and where, what they share, and whom both have near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import acos, degrees
from uuid import UUID

import numpy as np
from flask import Blueprint, abort, render_template, request

from gallery.catalogue import artwork_or_404, store
from gallery.matching import matching
from gallery.survey import surveyor
from gallery.wording import century, counted
from indexer.errors import NoVector, UnknownArtwork
from indexer.lenses.names import ABOUT, SHOWN, BadLens, known_lenses, lens_text, parse_lens
from indexer.lenses.swatches import Palettes, palettes_in_common
from indexer.store.model import CONTENT, PALETTE, Artwork, Filters, Neighbour, Vector

blueprint = Blueprint("compare", __name__)

NEIGHBOURS = 12
# Stored vectors have the length 1; only one of zeros, which is like nothing, has less than this.
_LEAST_LENGTH = 1e-9


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two works, with its neighbours, None if it has no vector to find them by."""

    work: Artwork
    found: tuple[Neighbour, ...] | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two works are in one lens, by its name on pages; None if one of them has no vector in it."""

    lens: str
    about: str
    cosine: float | None

    @property
    def angle(self) -> float | None:
        """The angle between the two vectors, in degrees."""
        return None if self.cosine is None else degrees(acos(self.cosine))


@blueprint.get("/compare/<uuid:first>/<uuid:second>")
def show(first: UUID, second: UUID) -> str:
    """Show two works beside each other, and their neighbours in the lens or mix that `lens` names."""
    if first == second:
        abort(400, "A work can only be compared with another one.")
    one, other = artwork_or_404(str(first)), artwork_or_404(str(second))
    card = store().stats().card
    lenses = known_lenses(card.widths) if card else ()
    weights = _weights(lenses)
    try:
        vectors = {lens: _vectors(one, other, lens) for lens in lenses if lens in SHOWN}
        sides = [Side(work, _near(work, weights)) for work in (one, other)]
    except UnknownArtwork:
        abort(404, "One of the two works has just been removed.")
    near = [{neighbour.artwork.id for neighbour in side.found or ()} for side in sides]
    known = surveyor().latest()
    return render_template(
        "browse/compare.html",
        sides=sides,
        both=near[0] & near[1],
        likenesses=[_likeness(lens, pair) for lens, pair in vectors.items()],
        lens=lens_text(weights),
        pairs=matching().between(one, other),
        palettes=_palettes(vectors),
        shared=shared(one, other),
        scale=known.scale if known else None,
    )


def _weights(lenses: Sequence[str]) -> dict[str, int]:
    """Return the weight of each lens that was asked for, `content` alone if none was."""
    asked = request.args.get("lens")
    if asked is None:
        return {CONTENT: 100}
    try:
        weights = parse_lens(asked)
    except BadLens as error:
        abort(400, f"This lens makes no sense: {error}.")
    if not weights.keys() <= set(lenses):
        abort(400, "This collection has no such lens yet.")
    return weights


def _vectors(one: Artwork, other: Artwork, lens: str) -> Vector | None:
    try:
        return store().vectors([one.id, other.id], lens=lens)
    except NoVector:
        return None


def _near(work: Artwork, weights: Mapping[str, int]) -> tuple[Neighbour, ...] | None:
    lens = weights if len(weights) > 1 else next(iter(weights))
    try:
        return store().similar(work.id, Filters(), lens=lens, size=NEIGHBOURS).found
    except NoVector:
        return None


def _likeness(lens: str, vectors: Vector | None) -> Likeness:
    return Likeness(SHOWN[lens], ABOUT[lens], None if vectors is None else cosines(vectors)[0])


def _palettes(vectors: Mapping[str, Vector | None]) -> Palettes | None:
    pair = vectors.get(PALETTE)
    return None if pair is None else palettes_in_common(*pair)


def likenesses(works: Sequence[str]) -> list[float]:
    """Return the cosine of each of these stored works and the next; raise `UnknownArtwork`."""
    return cosines(store().vectors(works))


def cosines(vectors: Vector) -> list[float]:
    """Return the cosine of each row and the next."""
    lengths = np.linalg.norm(vectors, axis=1)
    found = (vectors[:-1] * vectors[1:]).sum(axis=1) / np.maximum(lengths[:-1] * lengths[1:], _LEAST_LENGTH)
    return [float(cosine) for cosine in found.clip(-1.0, 1.0)]


def shared(one: Artwork, other: Artwork) -> list[tuple[str, str]]:
    """Return what two works have in common, each with a word for what it is."""
    found = []
    for label, name in (("Artist", "artist"), ("Movement", "movement"), ("Medium", "medium")):
        if getattr(one, name) and getattr(one, name) == getattr(other, name):
            found.append((label, getattr(one, name)))
    if one.year is not None and other.year is not None:
        found.append(("Time", _time(one.year, other.year)))
    for label, name in (("Tags", "keywords"), ("The network sees", "seen_words")):
        words = sorted(set(getattr(one, name)) & set(getattr(other, name)))
        if words:
            found.append((label, ", ".join(words[:12])))
    if one.institution and one.institution == other.institution:
        found.append(("Collection", one.institution))
    return found


def _time(year: int, other: int) -> str:
    if year == other:
        return f"Both of {year}"
    apart = f"{counted(abs(year - other), 'year')} apart"
    return f"{apart}, both {century(year)}" if century(year) == century(other) else apart
