"""Two works side by side: how alike they are and where, what they share, and whom both have near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import acos, degrees
from uuid import UUID

import numpy as np
from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from gallery.browse.lens import Lens, alike, lens_asked, to_mix
from gallery.catalogue import artwork_or_404, store
from gallery.lenses import lenses
from gallery.matching import matching
from gallery.survey import WORDS, closer_than
from gallery.wording import century, counted
from indexer.errors import NoVector, UnknownArtwork
from indexer.lenses.names import ABOUT, SHOWN
from indexer.lenses.palette import WIDTH
from indexer.lenses.swatches import Palettes, palettes_in_common
from indexer.likeness import Scale
from indexer.store.blend import shares_of
from indexer.store.model import CONTENT, PALETTE, Artwork, Filters, Neighbour, Vector

blueprint = Blueprint("compare", __name__)

NEIGHBOURS = 12
STEPS = ("apart", "kindred", "near", "version", "same")
"""The bands of likeness, from below."""

PLAIN = ("Not close", "Kindred", "Near", "Very near", "All but the same")
# Stored vectors have the length 1; only one of zeros, which is like nothing, has less than this.
_LEAST_LENGTH = 1e-9


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two works, with its neighbours."""

    work: Artwork
    found: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two works are in a lens or a mix, by its name on pages; None if one of them has no vector in it.

    Words for bands are plainer in lenses that do not tell whether two pictures show the same.
    """

    name: str
    about: str
    cosine: float | None
    scale: Scale | None

    @property
    def angle(self) -> float | None:
        """The angle between the two vectors, in degrees."""
        return None if self.cosine is None else degrees(acos(self.cosine))

    @property
    def step(self) -> int | None:
        """How close that is: a step from 0 to 4, None if nothing is known of the collection."""
        return None if self.cosine is None or self.scale is None else STEPS.index(self.scale.band(self.cosine))

    @property
    def words(self) -> str | None:
        """The step in words, and how many pairs of works are less alike."""
        if self.cosine is None or self.scale is None or self.step is None:
            return None
        word = WORDS[STEPS[self.step]] if self.name == SHOWN[CONTENT] else PLAIN[self.step]
        return f"{word}: closer than {closer_than(self.scale, self.cosine)}"


@blueprint.get("/compare/<uuid:first>/<uuid:second>")
def show(first: UUID, second: UUID) -> ResponseReturnValue:
    """Show two works beside each other, and their neighbours by the lens or mix that `lens` names."""
    if there := to_mix(first=first, second=second, _anchor="nearest"):
        return there
    if first == second:
        abort(400, "A work can only be compared with another one.")
    one, other = artwork_or_404(str(first)), artwork_or_404(str(second))
    try:
        vectors, lens = _vectors(one, other), lens_asked()
        sides = _sides((one, other), lens)
        # Both by the same: where one work lacks the lens, both are compared by subject.
        if fallen := next((used for _, used in sides if used is not lens), None):
            sides, lens = _sides((one, other), fallen), fallen
    except UnknownArtwork:
        abort(404, "One of the two works has just been removed.")
    near = [{neighbour.artwork.id for neighbour in side.found} for side, _ in sides]
    return render_template(
        "browse/compare.html",
        sides=[side for side, _ in sides],
        both=near[0] & near[1],
        likenesses=[*_mixed(lens, vectors), *(_likeness(name, pair) for name, pair in vectors.items())],
        lens=lens,
        pairs=matching().between(one, other),
        palettes=_palettes(vectors),
        shared=shared(one, other),
    )


def _sides(works: Sequence[Artwork], lens: Lens) -> list[tuple[Side, Lens]]:
    """Return works with their neighbours, and the lens that these were found by."""
    found = [(work, *alike(work.id, Filters(), lens, size=NEIGHBOURS)) for work in works]
    return [(Side(work, near.found), used) for work, near, used in found]


def _vectors(one: Artwork, other: Artwork) -> dict[str, Vector | None]:
    """Return the two works' vectors in each lens of the collection, None where one of them has none yet."""
    card = store().stats().card
    found: dict[str, Vector | None] = {}
    for lens in SHOWN:
        if card is not None and lens in card.widths:
            try:
                found[lens] = store().vectors([one.id, other.id], lens=lens)
            except NoVector:
                found[lens] = None
    return found


def _likeness(lens: str, vectors: Vector | None) -> Likeness:
    cosine = None if vectors is None else cosines(vectors)[0]
    return Likeness(SHOWN[lens], ABOUT[lens], cosine, lenses().scale({lens: 100}))


def _mixed(lens: Lens, vectors: Mapping[str, Vector | None]) -> list[Likeness]:
    """Return how alike two works are by a mix of lenses; nothing for one lens, which is told of anyway."""
    there = {name: pair for name in lens.weights if (pair := vectors.get(name)) is not None}
    if not lens.mixed or there.keys() != lens.weights.keys():
        return []
    mean = sum(share * cosines(there[name])[0] for name, share in shares_of(lens.weights).items())
    return [Likeness(lens.names, lens.words, mean, lens.scale)]


def _palettes(vectors: Mapping[str, Vector | None]) -> Palettes | None:
    pair = vectors.get(PALETTE)
    # Palettes of other bins than ours could be compared, but not shown.
    return None if pair is None or pair.shape[1] != WIDTH else palettes_in_common(*pair)


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
