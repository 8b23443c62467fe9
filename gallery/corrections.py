"""Corrections of a work's facts: stored first, then written to the collection, and applied again by every re-index.

What the sources say stays in the library's record, untouched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gallery.db import Database
from gallery.errors import CorrectionRefused
from gallery.models.artists import LONGEST_NAME, artist_by_slug
from gallery.models.audit import record
from gallery.models.corrections import (
    FIELDS,
    Correction,
    Field,
    add_correction,
    correction_of,
    corrections_of,
    drop_correction,
)
from gallery.models.labels import settle
from gallery.models.users import User
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, artwork_id
from scraper.names import slug

LONGEST: dict[Field, int] = {"title": 500, "artist": LONGEST_NAME, "movement": 120, "licence": 64, "credit": 500}
_MAY_BE_UNKNOWN = ("movement", "credit")
YEARS = range(-10_000, 2101)

# What the sources said with a field comes back with it.
_GO_WITH: dict[Field, tuple[str, ...]] = {
    "licence": ("licence", "licence_url"),
    "artist": ("artist", "artist_slug"),
}


def correct(database: Database, store: ArtworkStore, sha256: str, field: Field, value: Any, by: User | None) -> None:
    """Give a field of a work another value, None where it is not known; raise `CorrectionRefused` or `UnknownArtwork`.

    It also settles what the desk of suspicious labels asks about this field. A write to the collection that is lost is
    made up for by the next `reapply` or re-index.
    """
    value = checked(field, value)
    before = store.get(artwork_id(sha256))
    with database.writing() as session:
        if field == "artist" and (artist := artist_by_slug(session, slug(value))) and artist.hidden:
            raise CorrectionRefused(field, "is hidden: show that artist's works again first")
        found = correction_of(session, sha256, field)
        settle(session, sha256, field, value, by, {"corrected": found is not None, "value": found and found.value})
        if found:
            found.value, found.user_id = value, by.id if by else None
        else:
            add_correction(session, Correction(sha256=sha256, field=field, value=value, user_id=by.id if by else None))
        detail = {"sha256": sha256, "field": field, "before": getattr(before, field), "now": value}
        record(session, by, "corrected artwork", before.title, **detail)
    reapply(database, store, [sha256])


def withdraw(database: Database, store: ArtworkStore, stated: Artwork, field: Field, by: User | None) -> None:
    """Let the sources speak again for a field; `stated` is the artwork as the library's record has it."""
    original: dict[str, Any] = {name: getattr(stated, name) for name in _GO_WITH.get(field, (field,))}
    with database.writing() as session:
        found = correction_of(session, stated.sha256, field)
        if found is None:
            return
        drop_correction(session, found)
        detail = {"sha256": stated.sha256, "field": field, "now": original[field]}
        record(session, by, "withdrew correction", stated.title, **detail)
        # Before it is final: once the correction is gone, nothing would know that the collection still has it.
        store.set_fields({stated.id: original})


def reapply(database: Database, store: ArtworkStore, hashes: Iterable[str]) -> int:
    """Write the corrections of these works to the collection and return how many works have any."""
    with database.reading() as session:
        found = corrections_of(session, hashes)
    missing = set(store.missing([artwork_id(sha256) for sha256 in found]))
    changes = {artwork_id(sha256): payload(values) for sha256, values in found.items()}
    changes = {key: values for key, values in changes.items() if key not in missing}
    if changes:
        store.set_fields(changes)
    return len(changes)


def corrected(artwork: Artwork, values: Mapping[Field, Any]) -> Artwork:
    """Return an artwork with its corrections, for indexing it."""
    return replace(artwork, **payload(values))


def payload(values: Mapping[Field, Any]) -> dict[str, Any]:
    """Return the fields of an artwork that corrections change."""
    changes: dict[str, Any] = {str(field): value for field, value in values.items()}
    if "licence" in changes:
        # The sources' link belongs to the licence they stated.
        changes["licence_url"] = None
    if "artist" in changes:
        changes["artist_slug"] = slug(changes["artist"])
    return changes


def checked(field: str, value: Any) -> Any:
    """Return a value as it is stored; raise `CorrectionRefused` if the field cannot have it."""
    if field not in FIELDS:
        raise CorrectionRefused(field, "cannot be corrected")
    if field == "year":
        if value is not None and (type(value) is not int or value not in YEARS):
            raise CorrectionRefused(field, f"must be a whole number from {YEARS[0]} to {YEARS[-1]}, or not known")
        return value
    text = " ".join(value.split()) if isinstance(value, str) else value
    if not text and field in _MAY_BE_UNKNOWN:
        return None
    if not isinstance(text, str) or not text:
        raise CorrectionRefused(field, "must not be empty")
    if len(text) > LONGEST[field]:
        raise CorrectionRefused(field, f"is too long: {LONGEST[field]} characters at most")
    if not text.isprintable():
        raise CorrectionRefused(field, "contains characters that cannot be seen")
    return text
