"""What the network sees, on the pages: with the work, as a filter, and as pages of its own."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Visitor
from exhibition import Exhibition
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.wording import percent
from indexer.store import open_store

BOATS, CASTLES = 7, 4


@pytest.fixture(scope="module")
def told(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, Exhibition]]:
    """A site on whose works the network has had its say."""
    own = exhibition.copy(tmp_path_factory.mktemp("tags"))
    with closing(open_store(own.settings())) as store:
        boat = {
            "seen": [["boat", 0.624]],
            "seen_words": ["boat", "vehicle"],
            "labels": [["schooner", 0.41], ["book jacket", 0.004]],
        }
        castle = {"seen": [["castle", 0.31]], "seen_words": ["building", "castle"], "labels": [["castle", 0.31]]}
        store.set_fields({work.id: boat for work in own.works[:BOATS]})
        store.set_fields({work.id: castle for work in own.works[-CASTLES:]})
        app = create_app(own.settings(page_size=6), store)
        app.test_client_class = Visitor
        yield app.test_client(), own


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    assert answer.text.count("<h1") == 1
    assert "None" not in answer.text
    return answer.text


def ids(html: str) -> set[str]:
    return set(re.findall(r'href="/artworks/([0-9a-f-]{36})"', html))


def test_an_artwork_says_what_is_seen_in_it_with_percent(told: tuple[FlaskClient, Exhibition]) -> None:
    client, own = told
    html = text(client, f"/artworks/{own.works[0].id}")
    assert re.search(r'The network sees</dt><dd class="tags"><a href="/tags/boat">boat</a> 62 %', html)
    assert "schooner 41 %, book jacket under 1 %" in html
    assert "The network sees" not in text(client, f"/artworks/{own.works[BOATS].id}")


def test_the_words_in_use_stand_under_their_broader_ones(told: tuple[FlaskClient, Exhibition]) -> None:
    client, _ = told
    html = text(client, "/tags")
    assert "4 words" in html
    walls = re.findall(r'<span class="title upright">(\w+)</span>\s*<span class="line">(\d+) works', html)
    assert walls == [("Vehicle", "7"), ("Building", "4")]
    assert re.search(r'class="below"><a href="/tags/boat">boat</a> 7<', html)


def test_a_word_shows_its_works_in_pages(told: tuple[FlaskClient, Exhibition]) -> None:
    client, own = told
    first, second = text(client, "/tags/boat"), text(client, "/tags/boat?page=2")
    assert ids(first) | ids(second) == {work.id for work in own.works[:BOATS]}
    assert len(ids(first)) == 6
    assert 'rel="next" href="/tags/boat?page=2"' in first
    assert '<a href="/tags/vehicle">Vehicle</a>' in first
    assert 'Among them: <a href="/tags/boat">boat</a> 7' in text(client, "/tags/vehicle")


def test_a_word_that_nothing_shows_says_so(told: tuple[FlaskClient, Exhibition]) -> None:
    assert "The network sees this in no work here" in text(told[0], "/tags/flower%20pot")


@pytest.mark.parametrize("word", ["schooner", "-", "Boat", "boat%00", "..%2fetc", "%F0%9F%9B%B6", "x" * 300])
def test_a_word_the_network_does_not_have_is_not_there(word: str, told: tuple[FlaskClient, Exhibition]) -> None:
    assert told[0].get(f"/tags/{word}").status_code == 404


@pytest.mark.parametrize(("page", "status"), [("0", 400), ("x", 400), ("3", 404)])
def test_a_page_that_is_none_is_refused(page: str, status: int, told: tuple[FlaskClient, Exhibition]) -> None:
    text(told[0], f"/tags/boat?page={page}", status)


def test_tags_are_only_read(told: tuple[FlaskClient, Exhibition]) -> None:
    assert told[0].post("/tags").status_code == told[0].post("/tags/boat").status_code == 405


def test_search_and_artist_are_narrowed_by_what_is_seen(told: tuple[FlaskClient, Exhibition]) -> None:
    client, own = told
    castles = {work.id for work in own.works[-CASTLES:]}
    html = text(client, "/search?seen=castle")
    assert ids(html) == castles
    assert '<option value="castle" selected>castle (4)</option>' in html
    assert ids(text(client, "/search?seen=castle&q=study")) == castles
    assert not ids(text(client, "/search?seen=nothing"))
    assert "is too long" in text(client, "/search?seen=" + "m" * 301, 400)
    slug = own.works[-1].artist_slug
    mine = {work.id for work in own.works[-CASTLES:] if work.artist_slug == slug}
    assert ids(text(client, f"/artists/{slug}?seen=castle")) == mine != set()


def test_a_listing_narrowed_so_keeps_it_from_page_to_page(told: tuple[FlaskClient, Exhibition]) -> None:
    assert 'rel="next" href="/search?page=2&amp;seen=boat"' in text(told[0], "/search?seen=boat")


def test_an_empty_gallery_has_pages_all_the_same(tmp_path: Path) -> None:
    own = Exhibition(tmp_path, ())
    with closing(open_store(own.settings())) as store:
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        assert "still bare" in text(app.test_client(), "/tags")
        text(app.test_client(), "/tags/boat", 404)


def test_a_collection_without_words_says_how_it_gets_them(exhibition: Exhibition, tmp_path: Path) -> None:
    own = exhibition.copy(tmp_path)
    with closing(open_store(own.settings())) as store:
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        assert "gallery reindex" in text(app.test_client(), "/tags")
        assert 'name="seen"' not in text(app.test_client(), "/search")


def test_shares_are_said_in_whole_percent() -> None:
    assert [percent(share) for share in (1.0, 0.624, 0.01, 0.009, 0.0)] == ["100 %", "62 %", "1 %", "under 1 %"] + [
        "under 1 %"
    ]
