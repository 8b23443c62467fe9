"""The web site's hold on the store: who has it, and how one artwork or artist is fetched or refused."""

from collections.abc import Sequence

from flask import abort, current_app

from indexer.errors import StoreMissing, UnknownArtwork
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Filters, Page

_KEY = "artwork_store"


def hold(extensions: dict[str, object], store: ArtworkStore) -> None:
    """Keep the store with the app it serves."""
    extensions[_KEY] = store


def store() -> ArtworkStore:
    """Return the store of the app that answers the current request."""
    found: ArtworkStore = current_app.extensions[_KEY]
    return found


def artwork_or_404(artwork_id: str) -> Artwork:
    """Return the artwork, or answer 404; also while there is no collection at all."""
    try:
        return store().get(artwork_id)
    except (UnknownArtwork, StoreMissing):
        abort(404, "There is no such artwork here. It may have been removed.")


def works_by_id(ids: Sequence[str]) -> dict[str, Artwork]:
    """Return those of these artworks that are there, in their order; none while there is no collection."""
    try:
        return store().get_many(ids)
    except StoreMissing:
        return {}


def works_of_or_404(slug: str, filters: Filters, number: int, size: int) -> Page:
    """Return a page of an artist's works, or answer 404 if nothing at all is known of the artist.

    An artist whose works are all filtered out is known: the page is then empty.
    """
    try:
        works = store().page(filters, number=number, size=size)
        if works.total or store().count(Filters(artist=slug)):
            return works
    except StoreMissing:
        pass
    abort(404, "There is no such artist here.")


def within(page: Page) -> Page:
    """Return the page, or answer 404 if it lies beyond the last one."""
    last_page(page.number, page.total, page.size)
    return page


def last_page(number: int, total: int, size: int) -> int:
    """Return the number of the last page of so many entries, or answer 404 if the one asked for lies beyond it."""
    last = max(1, -(-total // size))
    if number > last:
        abort(404, f"There are only {last} pages here." if last > 1 else "There is only one page here.")
    return last
