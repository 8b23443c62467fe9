"""Taking works from view: hiding and deleting, one work or all of an artist, and back again."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from gallery.clusters.publishing import republish
from gallery.clusters.scope import Scope
from gallery.errors import ArtistBusy, UnknownArtist
from gallery.holdings.facts import write_facts
from gallery.holdings.finding import works_by
from gallery.holdings.house import House
from gallery.models.artists import Artist, artist_by_id, remove_artist
from gallery.models.audit import record
from gallery.models.clusters import cards
from gallery.models.held import forget, release
from gallery.models.jobs import live_job
from gallery.models.users import User
from gallery.relevance.picture import drop_pictures
from indexer.atlas.keeping import take_off
from indexer.bundle.handing import holds
from indexer.errors import StoreMissing
from indexer.store.model import artwork_id
from indexer.thumbnails import remove_thumbnails
from scraper.clearing import clear, copies_of
from scraper.model import ArtworkRecord
from scraper.names import slug
from scraper.withdrawn import REFUSED, Why, Withdrawal, amend

_AT_ONCE = 500


def hide(house: House, work: ArtworkRecord, by: User) -> None:
    """Take a work from view; it stays in the library."""
    sha256 = work.picture.sha256
    with house.database.writing() as session:
        record(session, by, "hid artwork", work.title, sha256=sha256)
        # Within the transaction: nothing is noted that the library would not heed.
        amend(house.library, [Withdrawal("hidden", now(), sha256, slug(work.artist), work.title)])
    clear_away(house, [sha256], "hidden")


def show(house: House, work: ArtworkRecord, by: User) -> None:
    """Let a hidden work be shown again, from the next indexing on."""
    sha256 = work.picture.sha256
    with house.database.writing() as session:
        record(session, by, "showed artwork again", work.title, sha256=sha256)
        release(session, sha256)
        amend(house.library, drop=lambda entry: entry.why == "hidden" and entry.sha256 == sha256)


def delete(house: House, work: ArtworkRecord, by: User) -> None:
    """Remove a work with its picture and record; scrapes do not bring it back unless it is allowed again."""
    entries = deletion(house, work.picture.sha256, slug(work.artist), work.title)
    with house.database.writing() as session:
        record(session, by, "deleted artwork", work.title, sha256=work.picture.sha256, artist=work.artist)
        amend(house.library, entries)
    clear_away(house, [entry.sha256 for entry in entries], "deleted")


def hide_artist(house: House, artist_id: int, by: User) -> None:
    """Take all works of an artist from view, those to come included."""
    with house.database.writing() as session:
        artist = _artist(artist_by_id(session, artist_id))
        artist.hidden = True
        record(session, by, "hid artist", artist.name)
        amend(house.library, [Withdrawal("hidden", now(), artist=artist.slug, label=artist.name)])
    clear_away(house, works_by(house, artist.slug), "hidden")


def show_artist(house: House, artist_id: int, by: User) -> None:
    """Let the works of a hidden artist be shown again, from the next indexing on."""
    with house.database.writing() as session:
        artist = _artist(artist_by_id(session, artist_id))
        artist.hidden = False
        record(session, by, "showed artist again", artist.name)
        amend(house.library, drop=lambda entry: not entry.sha256 and entry.artist == artist.slug)


def delete_artist(house: House, artist_id: int, by: User) -> int:
    """Remove an artist with all works and return how many those were; raise `ArtistBusy` while a job goes on."""
    with house.database.reading() as session:
        filed = _artist(artist_by_id(session, artist_id))
    works = works_by(house, filed.slug)
    entries = [entry for work in works for entry in deletion(house, work, filed.slug, filed.name)]
    with house.database.writing() as session:
        artist = _artist(artist_by_id(session, artist_id))
        if live_job(session, artist.id):
            raise ArtistBusy(artist.name)
        record(session, by, "deleted artist", artist.name, slug=artist.slug, works=len(works))
        remove_artist(session, artist)
        amend(house.library, entries, drop=lambda entry: not entry.sha256 and entry.artist == artist.slug)
    clear_away(house, [entry.sha256 for entry in entries], "deleted")
    write_facts(house.database, house.facts)
    return len(works)


def allow_again(house: House, artist: Artist, by: User) -> int:
    """Let the next scrape bring back what was deleted of an artist, and return how many works that are."""
    with house.database.writing() as session:
        dropped = amend(house.library, drop=lambda entry: entry.why == "deleted" and entry.artist == artist.slug)
        works = sum(not entry.of for entry in dropped)
        record(session, by, "allowed deleted works again", artist.name, works=works)
    return works


def clear_away(house: House, hashes: Sequence[str], why: Why) -> None:
    """Take withdrawn works off the map, out of collection and thumbnails; out of the library if gone for good."""
    take_off(house.map, hashes)
    for start in range(0, len(hashes), _AT_ONCE):
        some = hashes[start : start + _AT_ONCE]
        # In this order: a work that is still in the collection is found again by the next indexing.
        for sha256 in some:
            remove_thumbnails(house.thumbnails, sha256)
        with suppress(StoreMissing):
            house.store.delete([artwork_id(sha256) for sha256 in some])
        if why in REFUSED:
            for sha256 in some:
                clear(house.library, sha256, why)
    if why in REFUSED:
        _forget(house, hashes)
    _drop_exports(house, hashes)
    with house.database.reading() as session:
        on_cards = {card.scope for card in cards(session, None) if not shown_on(card.shown).isdisjoint(hashes)}
    for scope in sorted(on_cards):
        republish(house.database, house.store, Scope.of(scope))


def _forget(house: House, hashes: Sequence[str]) -> None:
    """Remove what is kept of works that are gone for good besides their pictures and records."""
    drop_pictures(house, hashes)
    with house.database.writing() as session:
        forget(session, hashes)
    if house.prints.is_dir():
        # Imported here: the pages need no imaging library.
        from indexer.duplicates.prints import Prints

        Prints(house.prints).forget(hashes)


def _drop_exports(house: House, hashes: Sequence[str]) -> None:
    """Remove exports of all works, which are made anew when somebody wants them, and data sets that hold these."""
    for export in house.exports:
        shutil.rmtree(export, ignore_errors=True) if export.is_dir() else export.unlink(missing_ok=True)
    for bundle in house.bundles.glob("[0-9]*"):
        if holds(bundle, set(hashes)):
            shutil.rmtree(bundle, ignore_errors=True)


def shown_on(card: dict[str, Any]) -> set[str]:
    """Return the sha256 of the works that a cluster's card shows."""
    works = [work for part in card.values() for work in (part if isinstance(part, list) else [part])]
    return {work["sha256"] for work in works}


def now() -> datetime:
    """Return this moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def deletion(house: House, sha256: str, artist: str, label: str) -> list[Withdrawal]:
    """Return what the library's list says of a work that is deleted, smaller copies of the picture included."""
    at = now()
    copies = [Withdrawal("deleted", at, copy, artist, label, sha256) for copy in copies_of(house.library, sha256)]
    return [Withdrawal("deleted", at, sha256, artist, label), *copies]


def _artist(found: Artist | None) -> Artist:
    if found is None:
        raise UnknownArtist
    return found
