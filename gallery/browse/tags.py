"""The words for what the network sees: all that are in use, and one with its works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, current_app, render_template

from gallery.browse.reading import page_number
from gallery.catalogue import store, within
from indexer.errors import StoreMissing
from indexer.seeing.vocabulary import vocabulary
from indexer.store.model import Artwork, FacetCount, Filters

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
    """Show the words in use, the broader ones with those below them."""
    counts = store().facets("seen_words", Filters())
    return render_template("browse/tags.html", tags=tree(counts), total=len(counts))


@blueprint.get("/tags/<word>")
def show(word: str) -> str:
    """Show the works a word is seen in, newest first."""
    told = vocabulary()
    if not told.known(word):
        abort(404, "The network has no such word.")
    filters = Filters(seen=word)
    try:
        works = within(store().page(filters, number=page_number(), size=current_app.config["GALLERY"].page_size))
    except StoreMissing:
        abort(404, "No work has been looked at yet.")
    below = [facet for facet in store().facets("seen_words", filters) if told.broader.get(facet.value) == word]
    return render_template("browse/tag.html", word=word, above=told.broader.get(word), below=below, works=works)


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
