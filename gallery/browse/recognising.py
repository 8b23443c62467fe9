"""What the collection says to a picture: whether it hangs here, in what versions, and what is like it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gallery.catalogue import store, works_by_id
from gallery.lookup import lookup
from gallery.survey import revision_of, surveyor
from indexer.lookup.question import Sight
from indexer.store.model import Artwork, Filters, Neighbour, artwork_id

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
    """What was found; `far` are works no closer than most are to each other, and `more` whether others follow."""

    same: Sequence[Match]
    versions: Sequence[Match]
    close: Sequence[Neighbour]
    far: Sequence[Neighbour]
    number: int
    more: bool


def recognise(sight: Sight, sha256: str, filters: Filters, number: int, *, detail: bool) -> Answer:
    """Return what the collection has for a picture whose file has this hash, or for a `detail` of it.

    `filters` say among which works it looks for similar ones; whether the picture hangs here is told in any case.
    """
    found = store().similar(sight.vector, filters, number=number, size=SIZE)
    scores = {each.artwork.id: each.score for each in found.found}
    known_by_looks = by_looks(sight, sha256)
    # Later pages tell of likeness only, and not again of what the first one began with.
    same = {key: replace(each, score=scores.get(key)) for key, each in known_by_looks.items() if number == 1}
    versions: dict[str, Match] = {}
    known = surveyor().latest(_PATIENCE)
    scale = known.scale if known else None
    close: list[Neighbour] = []
    far: list[Neighbour] = []
    for each in found.found:
        band = scale.band(each.score) if scale else "same" if each.score >= _SAME else "near"
        if each.artwork.id in known_by_looks:
            continue
        # A detail is like other details: only of a whole picture can it be said that it hangs here.
        if band == "same" and not detail:
            same[each.artwork.id] = Match(each.artwork, "All but the same to the network", each.score)
        elif band == "version" and not detail:
            versions[each.artwork.id] = Match(each.artwork, "Perhaps another version", each.score)
        elif band == "apart":
            far.append(each)
        else:
            close.append(each)
    return Answer(list(same.values()), list(versions.values()), close, far, number, found.more)


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
