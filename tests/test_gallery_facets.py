"""Narrowing a listing: each value with the number of works it would leave, and the way back."""

import html as escapes
import re
from collections.abc import Iterator
from contextlib import closing
from random import Random

import pytest
from exhibition import ARTISTS, Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.browse.facets import MOST
from gallery.survey import surveyor
from indexer.store import open_store
from scraper.names import slug

SEVEN = {"Artist", "Movement", "Century", "Theme", "Tag", "Rights", "Source"}
LISTINGS = (
    "/search?q=study",
    f"/artists/{slug(ARTISTS[0])}",
    "/movements/tides",
    "/tags/dog",
    "/tags/subject/sea",
    "/more",
    "/more?like={0}&like={1}&per_artist=0",
    "/artworks/{0}",
    "/artworks/{0}?scope=others",
    "/artworks/{0}?scope=artist",
)


@pytest.fixture(scope="module")
def site(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site whose works differ in everything that listings are narrowed by."""
    own = exhibition.copy(tmp_path_factory.mktemp("facets"))
    with closing(open_store(own.settings())) as held:
        lot = Random(7)
        for work in own.works:
            fields: dict[str, object] = {"source": lot.choice(("met", "aic")), "cluster": lot.choice("123")}
            fields["tags"] = lot.choice((["cliff"], ["a" * 301, "beach"]))
            if lot.random() < 0.4:
                fields["year"] = 1910
            if lot.random() < 0.8:
                fields |= {"seen": [["dog", 0.9]], "seen_words": ["dog", "animal"]}
                fields |= {"given": [["Subject", "sea", 0.8, "machine"]], "given_words": ["Subject: sea"]}
            held.set_fields({work.id: fields})
        app = create_app(own.settings(page_size=60), held)
        with app.app_context():
            surveyor().measure()
        yield app


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def options(html: str) -> list[tuple[str, str, int]]:
    """Return address, label and count of each option."""
    inside = html.partition('<details class="facets"')[2].partition("</details>")[0]
    found = re.findall(r'href="([^"]+)"><bdi>([^<]+)</bdi></a>&nbsp;<span class="line">([\d,]+)</span>', inside)
    return [(escapes.unescape(href), label, int(count)) for href, label, count in found]


def headings(html: str) -> set[str]:
    """Return what the listing can be narrowed by."""
    inside = html.partition('<details class="facets"')[2].partition("</details>")[0]
    return set(re.findall(r"<h2>([^<]+)</h2>", inside))


def chips(html: str) -> list[tuple[str, str]]:
    """Return what was chosen: how its removal is called, and the address that removes it."""
    inside = html.partition('<ul class="chips"')[2].partition("</ul>")[0]
    found = re.findall(r'href="([^"]+)" aria-label="Remove ([^"]+)"', inside)
    return [(escapes.unescape(called), escapes.unescape(href)) for href, called in found]


def listed(client: FlaskClient, address: str) -> set[str]:
    """Return the ids of all works of a listing, page by page."""
    seen: set[str] = set()
    while True:
        html = text(client, address).partition("<main")[2].partition("Artists like")[0]
        # Below its own facts an artwork's page has the listing, a tray's below its examples.
        below = html.rpartition('id="alike"')[2].rpartition('<form class="filters"')[2]
        seen |= set(re.findall(r'<a href="/artworks/([0-9a-f-]{36})">', below))
        following = re.search(r'rel="next" href="([^"]+)"', html)
        if not following:
            return seen
        address = escapes.unescape(following[1])


def opened(address: str) -> str:
    return address + ("&" if "?" in address else "?") + "narrow=1"


@pytest.mark.parametrize("listing", LISTINGS)
def test_every_listing_is_narrowed_by_all_it_leaves_open_and_an_option_leaves_what_it_says(
    listing: str, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    address = listing.format(exhibition.works[0].id, exhibition.works[1].id)
    html = text(visitor, opened(address))
    fixed = {"Artist"} if "/artists/" in address or "scope=artist" in address else set()
    fixed |= {"Movement"} if "/movements/" in address else set()
    assert headings(html) >= SEVEN - fixed
    assert "open" in html.partition('<details class="facets"')[2].partition(">")[0]
    found = options(html)
    assert {label for _, label, _ in found} >= {"Public domain", "met", "aic", "cliff", "beach", "1900–1999"}
    for href, label, count in found[::4]:
        assert len(listed(visitor, href.partition("#")[0])) == count, (href, label)


@pytest.mark.parametrize("listing", ["/search", "/movements/tides", "/tags/dog", "/more", "/artworks/{0}"])
def test_nothing_is_counted_until_a_visitor_wants_to_narrow(
    listing: str, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    address = listing.format(exhibition.works[0].id)
    html = text(visitor, address)
    assert not headings(html) and not chips(html)
    assert re.search(rf'rel="nofollow" href="{re.escape(address)}\?narrow=1[^"]*">Narrow these down', html)


def test_the_front_page_leads_to_its_works_narrowed(visitor: FlaskClient) -> None:
    assert 'href="/search?narrow=1">Narrow these down' in text(visitor, "/")


def test_a_listing_seen_at_one_glance_is_not_narrowed_until_it_is_asked_for(visitor: FlaskClient) -> None:
    page = f"/artists/{slug(ARTISTS[0])}"
    assert "Narrow these down" not in text(visitor, page)
    assert headings(text(visitor, f"{page}?source=met"))


def test_what_was_chosen_can_be_taken_back_one_by_one(visitor: FlaskClient) -> None:
    chosen = {"artist": slug(ARTISTS[1]), "q": "study", "source": "met", "from": "1800", "to": "1899", "cluster": "2"}
    address = "/search?" + "&".join(f"{name}={value}" for name, value in chosen.items())
    html = text(visitor, address)
    removals = dict(chips(html))
    assert set(removals) == {
        *(f"artist: {ARTISTS[1]}", "words: study", "source: met", "years: 1800–1899", "theme: Cluster 2"),
    }
    assert "Clear all" in html
    assert "from=" not in removals["years: 1800–1899"] and "source=met" in removals["years: 1800–1899"]
    fewer = listed(visitor, address)
    for href in removals.values():
        assert fewer <= listed(visitor, href)
    # The form keeps what it has no field for; options keep what was chosen.
    assert f'<input type="hidden" name="artist" value="{slug(ARTISTS[1])}">' in html
    assert all(f"artist={slug(ARTISTS[1])}" in href for href, _, _ in options(html))
    assert {"Artist", "Century", "Source", "Theme"}.isdisjoint(headings(html))


def test_what_leaves_nothing_can_still_be_taken_back(visitor: FlaskClient) -> None:
    html = text(visitor, f"/search?artist={slug(ARTISTS[0])}&movement=Nothing")
    assert "Nothing matches with these filters" in html
    assert [called for called, _ in chips(html)] == [f"artist: {ARTISTS[0]}", "movement: Nothing"]


def test_what_a_page_says_already_is_not_asked_for_twice(visitor: FlaskClient) -> None:
    page = "/movements/tides"
    assert not chips(text(visitor, f"{page}?movement=Ebb+%26+Flow"))
    assert listed(visitor, f"{page}?movement=Ebb+%26+Flow") == listed(visitor, page)


@pytest.mark.parametrize(
    "query",
    [
        "artist=%00",
        "cluster=1234567890123",
        "artist=" + "a" * 301,
        "tag=%1b",
        "source=" + "s" * 301,
        "narrow=everything",
    ],
)
@pytest.mark.parametrize("page", ["/search", "/more", "/tags/dog", "/movements/tides"])
def test_values_that_make_no_sense_are_refused(page: str, query: str, visitor: FlaskClient) -> None:
    assert 'role="alert"' in text(visitor, f"{page}?{query}", 400) or "<h1>" in text(visitor, f"{page}?{query}", 400)


def test_an_unknown_value_matches_nothing_and_says_so(visitor: FlaskClient, exhibition: Exhibition) -> None:
    for query in ("artist=nobody", "cluster=77", "cluster=x", "tag=none", "source=<script>"):
        assert "Nothing matches" in text(visitor, f"/search?{query}")
        assert "Show all" in text(visitor, f"/tags/dog?{query}")
        assert "Show all" in text(visitor, f"/tags/subject/sea?{query}")
        assert "Look among all works" in text(visitor, f"/more?{query}&like={exhibition.works[0].id}")
        assert "No work that matches" in text(visitor, f"/artworks/{exhibition.works[0].id}?{query}")
        assert "<script>" not in text(visitor, f"/search?{query}").partition("<main")[2].replace("<script type", "")


def test_a_value_longer_than_an_address_may_carry_is_not_offered(visitor: FlaskClient) -> None:
    assert all("a" * 301 != label for _, label, _ in options(text(visitor, "/search?narrow=1")))


def test_of_many_values_the_first_are_shown_and_the_others_on_request(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = exhibition.copy(tmp_path_factory.mktemp("many"))
    with closing(open_store(own.settings())) as held:
        held.set_fields({work.id: {"tags": [f"tag {at}"]} for at, work in enumerate(own.works)})
        client = create_app(own.settings(), held).test_client()
        html = text(client, "/search?narrow=1")
        assert sum("tag=" in href for href, _, _ in options(html)) == MOST
        more = re.search(r'href="([^"]+)" aria-label="More to narrow by: tag"', html)
        assert more and more[1] == "/search?narrow=tag"
        assert sum("tag=" in href for href, _, _ in options(text(client, more[1]))) == len(own.works)


def test_programs_are_told_the_counts_on_request(visitor: FlaskClient, exhibition: Exhibition) -> None:
    works = visitor.get("/api/v1/search?source=met&facets=1&size=100").get_json()
    told = {facet["label"]: facet["values"] for facet in works["facets"]}
    assert set(told) >= SEVEN - {"Source"}
    for each in told["Tag"]:
        assert (
            visitor.get("/api/v1/search", query_string={"source": "met", "tag": each["value"]}).get_json()["total"]
            == (each["count"])
        )
    assert "facets" not in visitor.get("/api/v1/search?source=met").get_json()
    alike = f"/api/v1/artworks/{exhibition.works[0].id}/similar"
    near = visitor.get(f"{alike}?facets=1&size=100").get_json()
    (sources,) = (facet["values"] for facet in near["facets"] if facet["name"] == "source")
    for each in sources:
        found = visitor.get(f"{alike}?source={each['value']}&size=100").get_json()["similar"]
        assert len(found) == each["count"]
    assert "'facets' must be" in visitor.get(f"{alike}?facets=2").get_json()["error"]
