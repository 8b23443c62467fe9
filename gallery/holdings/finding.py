"""Finding works: a record by the id its page has, those shown, all of an artist, and those nobody has confirmed."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from uuid import UUID

from gallery.holdings.house import House
from indexer.errors import StoreMissing
from indexer.store.model import Artwork, Filters, artwork_id
from scraper.errors import DamagedRecord
from scraper.journal import Journal
from scraper.library import Library
from scraper.model import ArtworkRecord
from scraper.names import slug

_PAGE = 1000
_CONFIRMED = ("exact", "alias")


def record_with(library: Library, artwork_id: UUID) -> ArtworkRecord | None:
    """Return the record of the work with this id, shown or hidden; None if the library has none that can be read."""
    for path in library.root.glob(f"pictures/{artwork_id.hex[:2]}/{artwork_id.hex}*.json"):
        with suppress(DamagedRecord):
            return library.get(path.stem)
    return None


def shown(house: House, hashes: Iterable[str]) -> dict[str, Artwork]:
    """Return those works that are in the collection, by their sha256; none while there is no collection."""
    try:
        works = house.store.get_many([artwork_id(sha256) for sha256 in dict.fromkeys(hashes)])
    except StoreMissing:
        return {}
    return {work.sha256: work for work in works.values()}


def works_by(house: House, artist: str) -> list[str]:
    """Return the sha256 of every work of an artist, by slug: those of the library and those that are shown."""
    hanging = (work.sha256 for work in _hanging(house, artist))
    return list(dict.fromkeys([*_in_library(house.library, artist), *hanging]))


def unconfirmed(house: House, artist: str) -> list[Artwork]:
    """Return the works shown as an artist's, by slug, of which no source states that they are."""
    return [work for work in _hanging(house, artist) if work.artist_match not in _CONFIRMED]


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


def _hanging(house: House, artist: str) -> Iterator[Artwork]:
    number, last = 1, 1
    with suppress(StoreMissing):
        while number <= last:
            page = house.store.page(Filters(artist=artist), number=number, size=_PAGE)
            yield from page.artworks
            number, last = number + 1, page.last
