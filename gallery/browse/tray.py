"""More like these, less like that: examples gathered in the address, so that a search can be kept and shared."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from gallery.browse.facets import narrowing
from gallery.browse.lens import Lens, alike, lens_asked, to_mix
from gallery.browse.reading import Choice, choice, page_number
from gallery.catalogue import store, works_by_id
from indexer.likeness import unit_vectors
from indexer.store.model import Examples, Filters, Neighbour, Neighbours
from indexer.variety import varied

blueprint = Blueprint("tray", __name__)

SIZE, MOST = 24, 12
# So many are looked at for a varied page.
CANDIDATES = 120
CAPS = (0, 1, 2, 3, 6)
USUAL_CAP = 2


class Tray(NamedTuple):
    """What was asked for: ids of works to be like and unlike, results for one artist (0: any), variety,
    filters, and what works are compared by."""

    likes: tuple[str, ...]
    dislikes: tuple[str, ...]
    per_artist: int
    varied: bool
    within: Choice
    lens: Lens

    def values(self, *, like: str = "", unlike: str = "", without: str = "", lens: bool = True) -> dict[str, object]:
        """Return the arguments of the address, with a work more or less, and with the lens or without it."""
        likes = [each for each in (*self.likes, like) if each and each not in (without, unlike)]
        dislikes = [each for each in (*self.dislikes, unlike) if each and each not in (without, like)]
        return {
            "like": likes,
            "unlike": dislikes,
            "per_artist": self.per_artist if self.per_artist != USUAL_CAP else None,
            "varied": 1 if self.varied else None,
            **self.within.values(),
            **(self.lens.values if lens else {}),
        }

    @property
    def all_works(self) -> dict[str, object]:
        """The arguments of the same search among all works."""
        return self._replace(within=Choice()).values()

    @property
    def full(self) -> bool:
        """Whether there is room for no more."""
        return len(self.likes) + len(self.dislikes) >= MOST


@blueprint.get("/more")
def show() -> ResponseReturnValue:
    """Show the works most like some and unlike others; with no examples, works to begin with."""
    if there := to_mix():
        return there
    asked, number = tray(), page_number()
    held = works_by_id([*asked.likes, *asked.dislikes])
    gone = len(asked.likes) + len(asked.dislikes) - len(held)
    asked = asked._replace(
        likes=tuple(each for each in asked.likes if each in held),
        dislikes=tuple(each for each in asked.dislikes if each in held),
    )
    filters = asked.within.filters()
    found, lens = answer(asked, filters, number) if held else (beginnings(filters, number), asked.lens)
    if number > 1 and not found.found:
        abort(404, "There are no more works here.")
    others = replace(filters, but=tuple(held))
    return render_template(
        "browse/more.html",
        asked=asked,
        lens=lens,
        held=held,
        gone=gone,
        found=found,
        caps=CAPS,
        narrowing=narrowing(asked.within, others),
    )


def tray() -> Tray:
    """Return the tray of the current request, or answer 400."""
    likes, dislikes = ids_of("like"), ids_of("unlike")
    if len(likes) + len(dislikes) > MOST:
        abort(400, f"A tray holds at most {MOST} works.")
    if set(likes) & set(dislikes):
        abort(400, "A work cannot be both liked and disliked.")
    cap = request.args.get("per_artist", str(USUAL_CAP))
    if cap not in map(str, CAPS):
        abort(400, "The works of one artist must be one of: " + ", ".join(map(str, CAPS)) + " (0: any number).")
    kind = request.args.get("varied", "0")
    if kind not in ("0", "1"):
        abort(400, "'varied' must be 0 or 1.")
    return Tray(likes, dislikes, int(cap), kind == "1", choice(), lens_asked())


def ids_of(name: str) -> tuple[str, ...]:
    """Return the ids of works given under a name, each once, or answer 400."""
    try:
        return tuple(dict.fromkeys(str(UUID(text)) for text in request.args.getlist(name)))
    except ValueError:
        abort(400, f"{name!r} must be the id of an artwork, as in its address.")


def answer(asked: Tray, filters: Filters, number: int) -> tuple[Neighbours, Lens]:
    """Return the works that go with the examples, and the lens they were found by; a varied page has no next."""
    examples = Examples(asked.likes, asked.dislikes)
    cap = asked.per_artist or None
    if not asked.varied:
        return alike(examples, filters, asked.lens, number=number, size=SIZE, per_artist=cap)
    if number > 1:
        return Neighbours((), number, more=False), asked.lens
    found, lens = alike(examples, filters, asked.lens, size=CANDIDATES, per_artist=cap)
    return Neighbours(spread(found.found), 1, more=False), lens


def spread(found: Sequence[Neighbour]) -> tuple[Neighbour, ...]:
    """Return a page of works that are close but not all the same."""
    if not found:
        return ()
    vectors = unit_vectors(store(), [neighbour.artwork.id for neighbour in found])
    return tuple(found[row] for row in varied([neighbour.score for neighbour in found], vectors, SIZE))


def beginnings(filters: Filters, number: int) -> Neighbours:
    """Return works to choose a first one from, the newest."""
    page = store().page(filters, number=number, size=SIZE)
    return Neighbours(tuple(Neighbour(work, 1.0) for work in page.artworks), number, more=number < page.last)
