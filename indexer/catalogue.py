"""From a record of the library to an artwork of the collection."""

from collections.abc import Mapping
from typing import Any

from indexer.store.model import Artwork
from scraper.model import ArtworkRecord, Sighting
from scraper.names import slug

# Whose word on page and source counts first, as it does for the record's facts.
_TRUST = ("exact", "alias", "weak", "not-stated", "none")
# What identifies an artwork, comes from its pixels alone, or from its place among all others.
_FIXED = (
    "sha256",
    "width",
    "height",
    "crop",
    "placeholder",
    "cluster",
    "seen",
    "seen_words",
    "labels",
    "given",
    "given_words",
)


def artwork_of(record: ArtworkRecord, placeholder: str | None) -> Artwork:
    """Return everything a page shows or filters by of a record."""
    seen, licence = _best(record), record.licence
    return Artwork(
        sha256=record.picture.sha256,
        title=record.title,
        artist=record.artist,
        artist_slug=slug(record.artist),
        width=record.picture.width,
        height=record.picture.height,
        format=record.picture.format,
        added_at=record.added_at.timestamp(),
        revision=record.revision,
        year=record.year,
        movement=record.movement,
        medium=record.medium,
        institution=record.institution,
        tags=record.tags,
        licence=licence.code,
        licence_url=licence.url,
        holder=licence.holder,
        credit=licence.credit,
        source=seen.candidate.source if seen else None,
        page_url=seen.candidate.page_url if seen else None,
        artist_match=seen.artist_match if seen else "not-stated",
        placeholder=placeholder,
    )


def facts_of(record: ArtworkRecord) -> Mapping[str, Any]:
    """Return the payload fields that a changed record may change; None where nothing is known any more."""
    artwork = artwork_of(record, None)
    return {name: getattr(artwork, name) for name in Artwork.__slots__ if name not in _FIXED}


def _best(record: ArtworkRecord) -> Sighting | None:
    return min(record.sightings, key=lambda sighting: _TRUST.index(sighting.artist_match), default=None)
