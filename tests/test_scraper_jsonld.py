"""Works described in JSON-LD."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.jsonld import linked_works
from scraper.model import Candidate

BASE = "http://museum.example/art/"


def works(*documents: Any) -> list[Candidate]:
    return linked_works([json.dumps(document) for document in documents], BASE)


def work(document: Any) -> Candidate:
    found = works(document)
    assert len(found) == 1
    return found[0]


def test_a_picture_says_what_it_is() -> None:
    found = work(
        {
            "@context": "https://schema.org",
            "@type": "ImageObject",
            "contentUrl": "/full/1.jpg",
            "thumbnailUrl": "/small/1.jpg",
            "url": "/art/1",
            "name": "Water  Lilies",
            "creator": {"@type": "Person", "name": "Claude Monet"},
            "dateCreated": 1906,
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "acquireLicensePage": "/buy",
            "creditText": "Museum Example",
            "copyrightHolder": {"@type": "Organization", "name": "The Museum"},
            "width": "1200px",
            "height": {"@type": "QuantitativeValue", "value": 900},
            "keywords": "water, garden, water",
            "identifier": "M-1",
        }
    )
    assert found.image_urls == ("http://museum.example/full/1.jpg", "http://museum.example/small/1.jpg")
    assert (found.title, found.artist_text, found.year_text) == ("Water Lilies", "Claude Monet", "1906")
    assert (found.width, found.height, found.source_id) == (1200, 900, "M-1")
    assert found.tags == ("water", "garden")
    assert found.licence.code == "CC-BY-4.0"
    assert (found.licence.credit, found.licence.holder) == ("Museum Example", "The Museum")


def test_an_artwork_and_its_picture_speak_together() -> None:
    found = work(
        {
            "@type": ["VisualArtwork", "Product"],
            "name": "Haystacks",
            "artist": "Monet",
            "artform": "Painting",
            "artMedium": ["Oil", "Canvas"],
            "genre": "Impressionism",
            "width": "90 cm",
            "provider": {"name": "Museum Example"},
            "image": {"@type": "ImageObject", "contentUrl": "1.jpg", "name": "IMG_1", "width": 800, "height": 600},
        }
    )
    assert (found.title, found.artist_text, found.medium) == ("Haystacks", "Monet", "Oil, Canvas")
    assert (found.movement, found.institution) == ("Impressionism", "Museum Example")
    assert (found.width, found.height) == (800, 600)
    assert found.raw["width"] == "90 cm"


def test_references_are_followed_within_the_document() -> None:
    picture, painting = works(
        {
            "@context": "https://schema.org",
            "@graph": [
                {"@id": "#monet", "@type": "Person", "name": "Claude Monet"},
                {"@id": "#file", "@type": "ImageObject", "contentUrl": "1.jpg"},
                {"@type": "Painting", "name": "Poppies", "creator": {"@id": "#monet"}, "image": {"@id": "#file"}},
            ],
        }
    )
    assert picture.image_urls == painting.image_urls == (BASE + "1.jpg",)
    assert (painting.title, painting.artist_text) == ("Poppies", "Claude Monet")


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda one: [one],
        lambda one: {"@graph": [one]},
        lambda one: {"@type": "ImageGallery", "image": [one]},
        lambda one: {"@type": "ImageGallery", "associatedMedia": one},
        lambda one: {"@type": "CollectionPage", "mainEntity": {"@type": "ItemList", "itemListElement": [one]}},
        lambda one: {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": one}]},
        lambda one: {"@type": "CreativeWork", "name": "Series", "hasPart": [one]},
        lambda one: {"@type": "https://schema.org/WebPage", "mainEntity": one},
    ],
)
def test_works_are_found_wherever_pages_put_them(wrapped: Any) -> None:
    one = {"@type": "https://schema.org/Photograph", "name": "One", "image": "1.jpg"}
    assert [found.title for found in works(wrapped(one))] == ["One"]


@pytest.mark.parametrize(
    "document",
    [
        {"@type": "Organization", "logo": {"@type": "ImageObject", "contentUrl": "logo.png"}},
        {"@type": "Person", "image": {"@type": "ImageObject", "contentUrl": "face.jpg"}},
        {"@type": "Article", "image": "card.jpg", "author": {"@type": "Person", "image": "face.jpg"}},
        {"@type": "WebSite", "publisher": {"@type": "Organization", "logo": "logo.png"}},
        {"@type": "Painting", "name": "No picture"},
        {"@type": "ImageObject", "url": "/page/1"},
        {"@type": "ImageObject", "contentUrl": "data:image/png;base64,AAAA"},
        {"@type": "ImageObject", "contentUrl": "file:///etc/passwd"},
        {"@type": "ImageObject", "contentUrl": 7},
        {"name": "untyped", "image": "1.jpg"},
        {"@type": None, "image": "1.jpg"},
        [],
        None,
        7,
        "text",
    ],
)
def test_what_is_no_work_with_a_picture_is_passed_over(document: Any) -> None:
    assert works(document) == []


def test_a_block_that_is_no_json_does_not_hide_the_others() -> None:
    blocks = ["{", "", "[" * 100_000, '{"@type": "Painting", "image": "1.jpg", "name": "line\nbreak"}', "\x00"]
    assert [found.title for found in linked_works(blocks, BASE)] == ["line break"]


def test_texts_are_one_line_without_markup() -> None:
    found = work({"@type": "Painting", "image": "1.jpg", "name": "<b>A</b>\n\x1b[31m  title" + "x" * 500})
    assert found.title is not None and found.title.startswith("A [31m title") and len(found.title) == 300


def test_circles_come_to_an_end() -> None:
    node = {"@id": "#a", "@type": "ImageGallery", "image": [{"@id": "#a"}] * 200, "hasPart": [{"@id": "#a"}] * 200}
    assert works({"@graph": [node, {"@type": "Painting", "image": "1.jpg", "hasPart": {"@id": "#a"}}]})


def test_a_very_deep_or_wide_document_comes_to_an_end() -> None:
    deep: Any = {"@type": "Painting", "image": "1.jpg"}
    for _ in range(300):
        deep = {"@graph": [deep]}
    assert works(deep) == []
    assert len(works([{"@type": "Painting", "image": f"{n}.jpg"} for n in range(5_000)])) == 5_000


WORDS = st.sampled_from(
    ["@id", "@type", "image", "name", "creator", "width", "license", "hasPart", "@graph", "contentUrl"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["ImageObject", "Painting", "#a", "1.jpg", "http://["]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_no_document_is_so_odd_that_it_cannot_be_read(document: Any) -> None:
    for found in works(document):
        assert found.image_urls and all(url.startswith("http") for url in found.image_urls)
