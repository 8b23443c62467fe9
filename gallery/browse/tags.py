"""Tags: the words for what the network sees and curators' own classes, and each with its works, surest first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, render_template

from gallery.browse.facets import narrowing
from gallery.browse.reading import choice, page_number
from gallery.catalogue import store, within
from gallery.configured import configured
from gallery.wording import percent
from indexer.errors import StoreMissing
from indexer.seeing.vocabulary import vocabulary
from indexer.store.model import CURATOR, Artwork, FacetCount, Filters, Page
from scraper.names import slug

blueprint = Blueprint("tags", __name__)


@dataclass(frozen=True, slots=True)
class Tag:
    """A word with the number of its works and the newest of them; below it stand the words it is broader than."""

    word: str
    count: int
    cover: Artwork
    below: tuple[FacetCount, ...] = ()


@blueprint.get("/tags")
def index() -> str:
    """Show the classes of curators' sets, and the words of the network, the broader ones with those below them."""
    counts = store().facets("seen_words", Filters())
    return render_template("browse/tags.html", tags=tree(counts), total=len(counts), sets=own_sets())


@blueprint.get("/tags/<word>")
def show(word: str) -> str:
    """Show the works a word is seen in, those the network is surest of first."""
    told = vocabulary()
    if not told.known(word):
        abort(404, "The network has no such word.")
    asked = choice().without("seen")
    filters = replace(asked.filters(), seen=word)
    works = _page(filters, "seen", lambda fields: probability(word, fields.get("seen", ())))
    below = [
        facet for facet in store().facets("seen_words", Filters(seen=word)) if told.broader.get(facet.value) == word
    ]
    return render_template(
        "browse/tag.html",
        word=word,
        above=told.broader.get(word),
        below=below,
        works=works,
        asked=asked,
        narrowing=narrowing(asked, filters, works.total, fixed=("seen",)),
        shares={work.id: percent(probability(word, work.seen)) for work in works.artworks},
    )


@blueprint.get("/tags/<group>/<label>")
def given(group: str, label: str) -> str:
    """Show the works of a class of curators' own: those they said so of first, then those the model is surest of."""
    for facet in store().facets("given_words", Filters()):
        name, _, title = facet.value.partition(": ")
        if (slug(name), slug(title)) == (group, label):
            break
    else:
        abort(404, "No work has this tag now.")

    def sure(fields: Mapping[str, Any]) -> float:
        return max((_sureness(each) for each in fields.get("given", ()) if each[:2] == [name, title]), default=0.0)

    asked = choice().without("given")
    filters = replace(asked.filters(), given=facet.value)
    works = _page(filters, "given", sure)
    return render_template(
        "browse/given.html",
        name=name,
        title=title,
        works=works,
        asked=asked,
        narrowing=narrowing(asked, filters, works.total, fixed=("given",)),
        shares={work.id: _said(name, title, work) for work in works.artworks},
        at={"group": group, "label": label},
    )


def probability(word: str, seen: Sequence[Sequence[Any]]) -> float:
    """Return how likely a word is by what is seen in a work; for a broader one, that of the words below it."""
    above = vocabulary().above
    return min(1.0, sum(float(chance) for each, chance in seen if each == word or word in above(each)))


def own_sets() -> dict[str, list[tuple[str, int]]]:
    """Return curators' sets with those of their classes that works have, and how many."""
    sets: dict[str, list[tuple[str, int]]] = {}
    for facet in store().facets("given_words", Filters()):
        name, _, title = facet.value.partition(": ")
        sets.setdefault(name, []).append((title, facet.count))
    return dict(sorted(sets.items()))


def _sureness(entry: Sequence[Any]) -> float:
    # What a curator said comes before all that a model is sure of.
    return 2.0 if entry[3] == CURATOR else float(entry[2])


def _said(name: str, title: str, work: Artwork) -> str:
    by = {(tagged, label): (chance, who) for tagged, label, chance, who in work.given}
    chance, who = by.get((name, title), (0.0, ""))
    return "" if who == CURATOR else percent(chance)


def _page(filters: Filters, field: str, weigh: Callable[[Mapping[str, Any]], float]) -> Page:
    size = configured().page_size
    try:
        return within(store().ranked(filters, [field], weigh, number=page_number(), size=size))
    except StoreMissing:
        abort(404, "No work has been looked at yet.")


def tree(counts: Sequence[FacetCount]) -> list[Tag]:
    """Return the words without a broader one, most frequent first; one call for all covers."""
    broader = vocabulary().broader
    first = [facet for facet in counts if facet.value not in broader]
    covers: Mapping[str, Artwork] = store().covers("seen_words", [facet.value for facet in first]) if first else {}
    return [
        Tag(
            facet.value,
            facet.count,
            covers[facet.value],
            tuple(each for each in counts if broader.get(each.value) == facet.value),
        )
        for facet in first
        # A work removed between the two calls leaves its word without a cover.
        if facet.value in covers
    ]
