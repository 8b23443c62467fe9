"""Finding works in the library: one by the id its page has, and all of an artist."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from gallery.holdings.house import House
from indexer.errors import StoreMissing
from indexer.store.model import Filters
from scraper.errors import DamagedRecord
from scraper.journal import Journal
from scraper.library import Library
from scraper.model import ArtworkRecord
from scraper.names import slug

_PAGE = 1000


def record_with(library: Library, artwork_id: UUID) -> ArtworkRecord | None:
    """Return the record of the work with this id, shown or hidden; None if the library has none that can be read."""
    for path in library.root.glob(f"pictures/{artwork_id.hex[:2]}/{artwork_id.hex}*.json"):
        with suppress(DamagedRecord):
            return library.get(path.stem)
    return None


def works_by(house: House, artist: str) -> list[str]:
    """Return the sha256 of every work of an artist, by slug: those of the library and those that are shown."""
    return list(dict.fromkeys([*_in_library(house.library, artist), *_shown(house, artist)]))


def _in_library(library: Library, artist: str) -> Iterator[str]:
    journal = Journal(library.root / "artists" / artist / "journal.jsonl")
    for sha256 in sorted(journal.kept()):
        # A damaged record still is that of a work whose address this artist's journal names.
        found: ArtworkRecord | None = None
        damaged = False
        try:
            found = library.get(library.original_of(sha256))
        except DamagedRecord:
            damaged = True
        if damaged:
            yield sha256
        elif found is not None and slug(found.artist) == artist:
            yield found.picture.sha256


def _shown(house: House, artist: str) -> Iterator[str]:
    number, last = 1, 1
    with suppress(StoreMissing):
        while number <= last:
            page = house.store.page(Filters(artist=artist), number=number, size=_PAGE)
            yield from (work.sha256 for work in page.artworks)
            number, last = number + 1, page.last
