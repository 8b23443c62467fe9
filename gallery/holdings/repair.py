"""Before and after indexing: what people decided is made to hold, whatever was cut short or lost meanwhile."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple

from gallery.clusters.running import join_new
from gallery.corrections import payload, reapply
from gallery.db import Database
from gallery.duplicates.carrying import carry_out, merged_fields
from gallery.holdings.facts import write_facts
from gallery.holdings.house import House
from gallery.holdings.removal import now
from gallery.holdings.takedowns import entries_of, is_of
from gallery.models.artists import LONGEST_NAME, all_artists, put_on_file
from gallery.models.corrections import corrected_works, corrections_of
from gallery.models.crops import all_crops
from gallery.models.takedowns import decided_takedowns
from gallery.relevance.deciding import mend
from gallery.settings import GallerySettings
from gallery.tagging.publishing import retag
from indexer.errors import StoreMissing
from indexer.store import ArtworkStore
from indexer.store.model import Filters
from scraper.withdrawn import Withdrawal, WithdrawnFile, amend

_MOST_ARTISTS = 100_000


class Decided(NamedTuple):
    """What people corrected, payload fields by sha256, and the house in which it is known; None before there is one."""

    amended: Mapping[str, Mapping[str, Any]]
    house: House | None


@contextmanager
def decided(settings: GallerySettings, store: ArtworkStore) -> Iterator[Decided]:
    """Have indexing heed what people decided: yield what they corrected, and make good afterwards what was cut short.

    Where there is no database yet nobody has decided anything, and none is made.
    """
    if settings.database_url is None and not settings.database_file.exists():
        yield Decided({}, None)
        return
    with closing(Database(settings.database)) as database:
        house = House.of(settings, database, store)
        yield Decided(before_indexing(house), house)
        after_indexing(house)


def regroup(settings: GallerySettings, store: ArtworkStore) -> int:
    """Put works that have come into the clusters of the last runs, write again what those say, and return how many."""
    if settings.database_url is None and not settings.database_file.exists():
        return 0
    with closing(Database(settings.database)) as database, suppress(StoreMissing):
        return join_new(database, store)
    return 0


def before_indexing(house: House) -> Mapping[str, Mapping[str, Any]]:
    """Make the library's list say what the database says, and return what is corrected or cropped: payload
    fields by sha256.

    What only the list knows of stays: the database may be another than it was. Merges that a kill cut short are
    finished.
    """
    carry_out(house)
    mend(house)
    with house.database.reading() as session:
        decided, artists = decided_takedowns(session), all_artists(session)
        corrections = corrections_of(session, corrected_works(session))
        crops = all_crops(session)
    known = WithdrawnFile(house.library).now().entries
    down = {takedown.sha256: takedown for takedown in decided if takedown.state == "down"}
    lifted = {takedown.sha256 for takedown in decided} - down.keys()
    hidden = {artist.slug: artist.name for artist in artists if artist.hidden}
    shown = {artist.slug for artist in artists} - hidden.keys()
    listed = {entry.sha256 for entry in known if entry.why == "taken-down"}
    new = [entry for sha256, takedown in down.items() if sha256 not in listed for entry in entries_of(house, takedown)]
    new += [
        Withdrawal("hidden", now(), artist=slug, label=name)
        for slug, name in hidden.items()
        if not any(not entry.sha256 and entry.artist == slug for entry in known)
    ]

    def outdated(entry: Withdrawal) -> bool:
        return (not entry.sha256 and entry.artist in shown) or any(is_of(entry, sha256) for sha256 in lifted)

    if new or any(outdated(entry) for entry in known):
        amend(house.library, new, drop=outdated)
    taken = merged_fields(house)
    for sha256, values in corrections.items():
        taken[sha256] = taken.get(sha256, {}) | payload(values)
    for sha256, crop in crops.items():
        taken[sha256] = taken.get(sha256, {}) | dict(crop.fields)
    return taken


def after_indexing(house: House) -> None:
    """Write corrections that never reached the collection, put artists on file whose works came by other ways,
    and tag works that are new.
    """
    with house.database.reading() as session:
        corrected = corrected_works(session)
    reapply(house.database, house.store, corrected)
    register(house.database, house.store)
    retag(house.database, house.store, house.models)
    write_facts(house.database, house.facts)


def register(database: Database, store: ArtworkStore) -> Mapping[str, int]:
    """Put artists on file who have works and no row, and return how many works are shown of each, by slug."""
    counts: dict[str, int] = {}
    with suppress(StoreMissing):
        counts = {facet.value: facet.count for facet in store.facets("artist_slug", Filters(), limit=_MOST_ARTISTS)}
    with database.reading() as session:
        missing = sorted(counts.keys() - {artist.slug for artist in all_artists(session)})
    if missing:
        covers = store.covers("artist_slug", missing)
        names = {slug: covers[slug].artist[:LONGEST_NAME] for slug in missing if slug in covers}
        with database.writing() as session:
            put_on_file(session, names)
    return counts
