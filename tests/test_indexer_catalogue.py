"""Records of the library as artworks of the collection."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from indexer.catalogue import artwork_of, facts_of
from indexer.store.model import Artwork
from scraper.model import ArtworkRecord, Candidate, Licence, Picture, Sighting

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LICENCE = Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "Ada's heirs", "Museum of Ochre")


def seen(source: str, match: Any = "not-stated", page: str | None = None) -> Sighting:
    candidate = Candidate(source, 1, page_url=page, query="Ada Ochre")
    return Sighting(candidate, match, "https://a.example/1.jpg", "", 200, None, NOON, "allowed", "1", False)


RECORD = ArtworkRecord(
    picture=Picture("ab" * 32, 1000, "PNG", "RGB", 640, 480, 1),
    artist="Édouard Ochre",
    title="Haystacks",
    year=1890,
    movement="Ochrism",
    medium="oil",
    institution="Museum of Ochre",
    tags=("hay", "field"),
    licence=LICENCE,
    sightings=(seen("webpage", "weak", "https://a.example/"), seen("folder", "exact", "https://b.example/")),
    added_at=NOON,
    revision=3,
)


def test_everything_a_page_shows_comes_from_the_record() -> None:
    assert artwork_of(RECORD, "tiny") == Artwork(
        sha256="ab" * 32,
        title="Haystacks",
        artist="Édouard Ochre",
        artist_slug="edouard-ochre",
        width=640,
        height=480,
        format="PNG",
        added_at=NOON.timestamp(),
        revision=3,
        year=1890,
        movement="Ochrism",
        medium="oil",
        institution="Museum of Ochre",
        tags=("hay", "field"),
        licence="CC-BY-4.0",
        licence_url=LICENCE.url,
        holder="Ada's heirs",
        credit="Museum of Ochre",
        source="folder",
        page_url="https://b.example/",
        artist_match="exact",
        placeholder="tiny",
    )


def test_of_equally_trusted_sightings_the_first_is_named() -> None:
    twice = replace(RECORD, sightings=(seen("webpage"), seen("csv")))
    assert artwork_of(twice, None).source == "webpage"
    assert artwork_of(replace(RECORD, sightings=()), None).source is None


def test_facts_are_all_fields_but_those_of_the_pixels() -> None:
    facts = facts_of(replace(RECORD, year=None))
    of_the_pixels = {"sha256", "placeholder", "cluster", "seen", "seen_words", "labels", "given", "given_words"}
    of_the_pixels |= {"width", "height", "crop"}
    assert {field.name for field in fields(Artwork)} - set(facts) == of_the_pixels
    # None is named: it takes away what an earlier record said.
    assert facts["year"] is None
    assert Artwork(
        sha256="ab" * 32, placeholder="tiny", width=RECORD.picture.width, height=RECORD.picture.height, **facts
    ) == replace(artwork_of(RECORD, "tiny"), year=None)


@pytest.mark.parametrize("match", ["exact", "alias", "weak", "not-stated", "none"])
def test_every_kind_of_match_has_its_rank(match: str) -> None:
    assert artwork_of(replace(RECORD, sightings=(seen("webpage", match),)), None).artist_match == match
