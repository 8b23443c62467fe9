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
