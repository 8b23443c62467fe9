"""Narrowing a listing: each value with the number of works it would leave, and the way back."""

import html as escapes
import re
from contextlib import closing

import pytest
from exhibition import ARTISTS, Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.survey import surveyor
from indexer.store import open_store
from scraper.names import slug


@pytest.fixture(autouse=True)
def surveyed(site: Flask) -> None:
    """The collection has been surveyed."""
    with site.app_context():
        surveyor().measure()


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def options(html: str) -> list[tuple[str, str, int]]:
    """Return address, label and count of each option."""
    inside = html.partition('<details class="facets"')[2].partition("</details>")[0]
    found = re.findall(r'href="([^"]+)"><bdi>([^<]+)</bdi></a> <span class="line">([\d,]+)</span>', inside)
    return [(escapes.unescape(href), label, int(count)) for href, label, count in found]


@pytest.mark.parametrize("page", ["/search", "/search?q=study&movement=Tides", "/search?licence=unknown&from=1870"])
def test_an_option_leaves_as_many_works_as_it_says(page: str, visitor: FlaskClient) -> None:
    found = options(text(visitor, page))
    assert len(found) > 3
    for href, _, count in found:
        assert f"<p>{count} work" in text(visitor, href), href


def test_a_listing_narrows_by_artist_movement_rights_and_century(visitor: FlaskClient) -> None:
    labels = [label for _, label, _ in options(text(visitor, "/search"))]
    assert set(ARTISTS) <= set(labels)
    assert {"Tides", "Ebb &amp; Flow", "Rights unknown"} <= set(labels)


def test_a_listing_narrows_by_century_where_it_spans_some(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = exhibition.copy(tmp_path_factory.mktemp("centuries"))
    with closing(open_store(own.settings())) as held:
        held.set_fields({work.id: {"year": 1910} for work in own.works[:3]})
        app = create_app(own.settings(), held)
        with app.app_context():
            surveyor().measure()
        found = {label: (href, count) for href, label, count in options(text(app.test_client(), "/search"))}
    assert found["1900–1999"] == ("/search?from=1900&to=1999", 3)
    assert found["1800–1899"][1] == sum(work.year is not None for work in own.works[3:])


def test_what_was_chosen_can_be_taken_back_and_stays_while_other_things_change(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    artist = slug(ARTISTS[1])
    html = text(visitor, f"/search?artist={artist}&q=study")
    assert "<p>10 works " in html
    assert " open><summary>Narrow down" in html
    assert re.search(r'href="/search\?q=study" aria-label="Any artist again"', html)
    # The form keeps what it has no field for.
    assert f'<input type="hidden" name="artist" value="{artist}">' in html
    assert all(f"artist={artist}" in href for href, _, _ in options(html))


def test_what_leaves_nothing_can_still_be_taken_back(visitor: FlaskClient) -> None:
    html = text(visitor, f"/search?artist={slug(ARTISTS[0])}&movement=Nothing")
    assert "Nothing matches with these filters" in html
    assert html.count('again">remove</a>') == 2


@pytest.mark.parametrize("query", ["artist=%00", "cluster=1234567890123", "artist=" + "a" * 301])
def test_values_that_make_no_sense_are_refused(query: str, visitor: FlaskClient) -> None:
    text(visitor, f"/search?{query}", 400)


def test_an_unknown_artist_or_cluster_matches_nothing(visitor: FlaskClient) -> None:
    for query in ("artist=nobody", "cluster=77", "cluster=x"):
        assert "Nothing matches" in text(visitor, f"/search?{query}")


def test_tags_and_sources_narrow_to_works_that_have_them(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = exhibition.copy(tmp_path_factory.mktemp("sources"))
    with closing(open_store(own.settings())) as held:
        held.set_fields({work.id: {"source": ("met", "aic")[at % 2]} for at, work in enumerate(own.works)})
        held.set_fields({own.works[0].id: {"tags": ["a" * 301, "cliff"]}})
        client = create_app(own.settings(), held).test_client()
        found = {label: (href, count) for href, label, count in options(text(client, "/search"))}
        assert found["met"] == ("/search?source=met", len(own.works[::2]))
        assert "<p>1 work " in text(client, "/search?source=met&tag=cliff&q=" + own.works[0].title.split()[1])
        # A value longer than an address may carry is not offered: its link would be refused.
        assert "a" * 301 not in found
        similar = client.get(f"/api/v1/artworks/{own.works[0].id}/similar?source=aic&size=100").get_json()
        assert len(similar["similar"]) == len(own.works[1::2])


@pytest.mark.parametrize(
    "page", [f"/artists/{slug(ARTISTS[0])}", "/movements/tides", "/movements/tides?licence=PDM-1.0"]
)
def test_the_page_of_an_artist_or_a_movement_narrows_its_works(page: str, site: Flask, visitor: FlaskClient) -> None:
    site.config["GALLERY"] = (usual := site.config["GALLERY"]).model_copy(update={"page_size": 100})
    try:
        found = options(text(visitor, page))
        if page.startswith("/movements") and "?" not in page:
            assert not found
            found = options(text(visitor, f"{page}?narrow=1"))
        if page.startswith("/artists"):
            # Ten works are seen at one glance: they need no narrowing, until somebody has narrowed them.
            assert not found
            found = options(text(visitor, f"{page}?from=1800"))
        assert len(found) > 1
        for href, _, count in found:
            assert href.startswith(page.partition("?")[0])
            html = text(visitor, href).partition("<main")[2]
            shown = set(re.findall(r'<a href="/artworks/([0-9a-f-]{36})"', html.partition("Artists like")[0]))
            assert len(shown) == count, href
    finally:
        site.config["GALLERY"] = usual


def test_neighbours_are_narrowed_before_they_are_searched_for(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = exhibition.works[0]
    page = f"/artworks/{work.id}"
    assert not options(text(visitor, page))
    assert f'href="{page}?narrow=1#alike"' in text(visitor, page)
    found = options(text(visitor, f"{page}?narrow=1&scope=others"))
    assert any("movement=Tides" in href for href, _, _ in found)
    assert all("scope=others" in href and href.endswith("#alike") for href, _, _ in found)
    html = text(visitor, f"{page}?movement=Tides&scope=others").partition('id="alike"')[2]
    shown = set(re.findall(r'<a href="/artworks/([0-9a-f-]{36})">', html))
    tides = {w.id for w in exhibition.works if w.movement == "Tides" and w.artist != work.artist}
    assert shown == tides
    assert "Any movement again" in html
    assert "No work that matches" in text(visitor, f"{page}?movement=Nothing")
    text(visitor, f"{page}?from=x", 400)
