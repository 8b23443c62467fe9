"""Takedowns carried out: the picture goes, and neither it nor what looks the same comes back until that is lifted."""

from pathlib import Path

from gallery.errors import UnknownTakedown
from gallery.holdings.house import House
from gallery.holdings.removal import clear_away, now
from gallery.models.takedowns import Takedown, ask, decide, takedown_by_id
from gallery.models.users import User
from indexer.thumbnails import SIZES, thumbnail_path
from scraper.clearing import copies_of
from scraper.withdrawn import Withdrawal, amend


def take_down(house: House, takedown_id: int, by: User) -> Takedown:
    """Take a work down as somebody asked; raise `TakedownSettled` or `UnknownTakedown`."""
    with house.database.writing() as session:
        takedown = _found(takedown_by_id(session, takedown_id))
        decide(session, takedown, "down", by)
        # Within the transaction: nothing is noted that the library would not heed.
        entries = entries_of(house, takedown)
        amend(house.library, entries)
    clear_away(house, [entry.sha256 for entry in entries], "taken-down")
    return takedown


def take_down_at_once(house: House, takedown: Takedown, by: User) -> Takedown:
    """Take a work down that nobody else has asked for."""
    with house.database.writing() as session:
        asked = ask(session, takedown).id
    return take_down(house, asked, by)


def refuse(house: House, takedown_id: int, by: User) -> Takedown:
    """Let a work be, though somebody asked for its takedown."""
    with house.database.writing() as session:
        takedown = _found(takedown_by_id(session, takedown_id))
        decide(session, takedown, "refused", by)
    return takedown


def lift(house: House, takedown_id: int, by: User) -> Takedown:
    """Let a work come back with the next scrape or import that finds it."""
    with house.database.writing() as session:
        takedown = _found(takedown_by_id(session, takedown_id))
        decide(session, takedown, "lifted", by)
        amend(house.library, drop=lambda entry: is_of(entry, takedown.sha256))
    return takedown


def entries_of(house: House, takedown: Takedown) -> list[Withdrawal]:
    """Return what the library's list says of a takedown, smaller copies of the picture included."""
    at, sha256 = takedown.decided_at or now(), takedown.sha256
    hashes = looks(house.thumbnails, sha256, takedown.phash)
    copies = copies_of(house.library, sha256)
    return [
        Withdrawal("taken-down", at, sha256, label=takedown.label, hashes=hashes),
        *(Withdrawal("taken-down", at, copy, label=takedown.label, of=sha256) for copy in copies),
    ]


def is_of(entry: Withdrawal, sha256: str) -> bool:
    """Tell whether an entry of the list is that of a work's takedown."""
    return entry.why == "taken-down" and sha256 in (entry.sha256, entry.of)


def looks(thumbnails: Path, sha256: str, phash: str | None) -> tuple[str, ...]:
    """Return the perceptual hashes by which a picture is known, however it is turned or mirrored.

    They are read from its largest thumbnail; of a work that has none, only its own hash is known.
    """
    # Imported here: the pages need no imaging library.
    from PIL import Image

    from scraper.phash import all_orientations, has_features

    found: tuple[str, ...] = ()
    for size in sorted(SIZES, reverse=True):
        try:
            with Image.open(thumbnail_path(thumbnails, sha256, size)) as image:
                found = all_orientations(image) if has_features(image) else ()
            break
        except OSError:
            continue
    return tuple(dict.fromkeys([*([phash] if phash else []), *found]))


def _found(takedown: Takedown | None) -> Takedown:
    if takedown is None:
        raise UnknownTakedown
    return takedown
