"""What the collection says to a picture: whether it hangs here, in what versions, and what is like it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gallery.browse.artworks import divided
from gallery.browse.lens import Lens, alike
from gallery.catalogue import store, works_by_id
from gallery.lenses import SUBJECT
from gallery.lookup import lookup
from gallery.survey import revision_of, surveyor
from indexer.lookup.question import Sight
from indexer.store.model import Artwork, Filters, Neighbour, Neighbours, artwork_id

SIZE = 24
_PATIENCE = 2.0
# Where nothing is known of the collection yet.
_SAME = 0.98


@dataclass(frozen=True, slots=True)
class Match:
    """A work that is the picture, or a version of it, with the reason in words and, if it is near, its likeness."""

    work: Artwork
    why: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; `far` are works no closer than most are to each other, and `more` whether others follow.

    `lens` is what similar works were found by.
    """

    same: Sequence[Match]
    versions: Sequence[Match]
    close: Sequence[Neighbour]
    far: Sequence[Neighbour]
    number: int
    more: bool
    lens: Lens


def recognise(sight: Sight, sha256: str, filters: Filters, number: int, lens: Lens, *, detail: bool) -> Answer:
    """Return what the collection has for a picture whose file has this hash, or for a `detail` of it.

    `filters` say among which works it looks for similar ones, by the lens; whether the picture hangs here is told in
    any case, and is a matter of its subject.
    """
    known_by_looks = by_looks(sight, sha256)
    found = store().similar(sight.vector, filters, number=number, size=SIZE)
    # Later pages tell of likeness only, and not again of what the first one began with.
    scores = {each.artwork.id: each.score for each in found.found}
    same = {key: replace(each, score=scores.get(key)) for key, each in known_by_looks.items() if number == 1}
    versions: dict[str, Match] = {}
    known = surveyor().latest(_PATIENCE)
    for each in found.found:
        score = each.score
        band = known.scale.band(score) if known and known.scale else "same" if score >= _SAME else "near"
        # A detail is like other details: only of a whole picture can it be said that it hangs here.
        if each.artwork.id in known_by_looks or detail:
            continue
        if band == "same":
            same[each.artwork.id] = Match(each.artwork, "All but the same to the network", score)
        elif band == "version":
            versions[each.artwork.id] = Match(each.artwork, "Perhaps another version", score)
    if lens.weights != SUBJECT:
        found, lens = _by_lens(sight, filters, number, lens)
    told = same.keys() | versions.keys() | known_by_looks.keys()
    close, far = divided([each for each in found.found if each.artwork.id not in told], lens.scale)
    return Answer(list(same.values()), list(versions.values()), close, far, number, found.more, lens)


def _by_lens(sight: Sight, filters: Filters, number: int, lens: Lens) -> tuple[Neighbours, Lens]:
    if lens.weights.keys() <= sight.vectors.keys():
        return alike(sight.vectors, filters, lens, number=number, size=SIZE)
    return alike(sight.vector, filters, replace(lens, weights=SUBJECT, without=lens.named), number=number, size=SIZE)


def by_looks(sight: Sight, sha256: str) -> dict[str, Match]:
    """Return the works that are this file, or look the same in whatever way it is turned or mirrored, by id."""
    here = lookup()
    reasons: dict[str, str] = {}
    original = here.library.original_of(sha256)
    reasons[original] = "The very file" if original == sha256 else "A larger copy of this file"
    for name, bits, turned in here.looks.alike(sight.seen.looks, revision_of(store())):
        looks = "turned or mirrored" if turned else "in another size or quality" if bits or name != sha256 else ""
        reasons.setdefault(name, f"The same picture, {looks}" if looks else "The very file")
    # What is not among them hangs here no more, or never did: the library holds what is hidden, too.
    works = works_by_id([artwork_id(name) for name in reasons])
    return {work.id: Match(work, reasons[work.sha256], None) for work in works.values() if work.sha256 in reasons}
