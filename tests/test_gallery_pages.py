"""The pages visitors browse: what each shows, and what each answers to an address that makes no sense."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote

import pytest
from exhibition import ARTISTS, NOT_THERE, Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.catalogue import hold, store
from gallery.survey import surveyor
from indexer.store import ArtworkStore
from indexer.store.model import Artwork
from scraper.names import slug

PAGES = (
    "/",
    "/artists",
    f"/artists/{slug(ARTISTS[1])}",
    "/search",
    "/search?q=study",
    "/tags",
    "/tags/boat",
    "/about",
    "/map",
)


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def ids(html: str) -> list[str]:
    """Return the works a page links to, in order."""
    return list(dict.fromkeys(re.findall(r'href="/artworks/([0-9a-f-]{36})[?"]', html)))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_a_whole_page_of_the_site(page: str, visitor: FlaskClient) -> None:
    html = text(visitor, page)
    assert html.startswith("<!doctype html>")
    assert html.rstrip().endswith("</html>")
    assert html.count("<h1") == 1
    assert re.search(r"<title>[^<]*Semantic Gallery</title>", html)
    assert html.count('<main id="main"') == 1
    # A value that was never set would show, or have failed: undefined is strict.
    assert "None" not in html


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("page", [*PAGES, "/health", "/robots.txt"])
def test_pages_are_only_read(page: str, method: str, visitor: FlaskClient) -> None:
    answer = getattr(visitor, method)(page)
    assert answer.status_code == 405
    assert "That cannot be done here" in answer.text
    assert "GET" in answer.headers["Allow"]


def test_the_front_page_shows_the_newest_works_one_of_them_large_and_all_artists(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    html = text(visitor, "/")
    assert "40 works by 4 artists" in html
    # The newest that is sharp enough and no strip leads; the rest follow by date.
    lead = next(work for work in exhibition.works if work.width in (900, 520) and max(work.width, work.height) >= 800)
    assert ids(html) == [lead.id, *(work.id for work in exhibition.works if work is not lead)]
    assert all(f'href="/artists/{quote(slug(name))}"' in html for name in ARTISTS)


def test_more_works_than_fit_lead_to_the_listing(site: Flask, visitor: FlaskClient) -> None:
    assert "/search?page=2" not in text(visitor, "/")
    with paged(site, 12):
        html = text(visitor, "/")
        assert len(ids(html)) >= 12
        assert "/search?page=2" in html


@contextmanager
def paged(site: Flask, size: int) -> Iterator[None]:
    """Let a site show fewer works on a page for a while."""
    before = site.config["GALLERY"]
    site.config["GALLERY"] = before.model_copy(update={"page_size": size})
    yield
    site.config["GALLERY"] = before


@pytest.mark.parametrize("listing", ["/search", "/search?q=study", "/search?from=1862"])
def test_a_listing_in_pages_shows_each_work_once(
    listing: str, site: Flask, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    whole = ids(text(visitor, listing))
    with paged(site, 12):
        seen, address = [], listing
        for number in range(1, 5):
            html = text(visitor, address)
            seen += ids(html)
            following = re.search(r'<a rel="next" href="([^"]+)"', html)
            assert (f"Page {number} of" in html) or number == 1
            if not following:
                break
            address = following[1].replace("&amp;", "&")
    assert seen == whole
    assert len(seen) == len(set(seen)) > 24


def test_a_page_beyond_the_last_is_not_there(visitor: FlaskClient) -> None:
    assert "There is only one page here." in text(visitor, "/search?page=2", 404)
    assert "There is only one page here." in text(visitor, "/artists?page=9", 404)
    assert "There is only one page here." in text(visitor, f"/artists/{slug(ARTISTS[0])}?page=2", 404)


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "two", "", "1e3", "٣", "99999999999999999999", "0x1"])
@pytest.mark.parametrize("page", ["/search", "/artists", f"/artists/{slug(ARTISTS[0])}"])
def test_a_page_number_that_is_none_is_refused(page: str, number: str, visitor: FlaskClient) -> None:
    assert "The page must be a number" in text(visitor, f"{page}?page={number}", 400)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("from=soon", "must be a year"),
        ("to=18x0", "must be a year"),
        ("from=1900&to=1850", "No year lies between 1900 and 1850"),
        ("from=1234567", "is too long"),
        ("q=" + "a" * 201, "is too long"),
        ("movement=" + "m" * 301, "is too long"),
        ("licence=" + "m" * 301, "is too long"),
        ("q=%00", "cannot be searched for"),
        ("movement=%1b%5b", "cannot be searched for"),
    ],
)
def test_filters_that_make_no_sense_are_refused_with_the_reason(asked: str, said: str, visitor: FlaskClient) -> None:
    for page in ("/search", f"/artists/{slug(ARTISTS[0])}"):
        assert said in text(visitor, f"{page}?{asked}", 400)


def test_search_narrows_by_words_movement_years_and_licence(visitor: FlaskClient, exhibition: Exhibition) -> None:
    def expected(test: Callable[[Artwork], object]) -> list[str]:
        return [work.id for work in exhibition.works if test(work)]

    assert ids(text(visitor, "/search?q=EMILE")) == expected(lambda work: work.artist == "Émile Brandt")
    assert ids(text(visitor, "/search?q=sea+cli")) == expected(lambda work: work.tags)
    assert ids(text(visitor, "/search?q=Study+7+of")) == expected(lambda work: re.search(r"Study 7\d* of", work.title))
    assert ids(text(visitor, "/search?movement=Ebb+%26+Flow")) == expected(lambda work: work.movement == "Ebb & Flow")
    assert ids(text(visitor, "/search?from=1870&to=1880")) == expected(lambda work: work.year in range(1870, 1881))
    assert ids(text(visitor, "/search?licence=unknown")) == expected(lambda work: work.licence == "unknown")
    both = "/search?q=study&movement=Tides&to=1875&licence=CC-BY-SA-4.0"
    assert ids(text(visitor, both)) == expected(
        lambda work: work.movement == "Tides" and (work.year or 9999) <= 1875 and work.licence == "CC-BY-SA-4.0"
    )


def test_search_keeps_what_was_asked_for_in_its_form(visitor: FlaskClient) -> None:
    html = text(visitor, "/search?q=st%22udy&movement=Tides&from=1850&to=1990&licence=unknown")
    assert 'name="q" value="st&#34;udy"' in html
    assert '<option value="Tides" selected>' in html
    assert 'name="from" value="1850"' in html
    assert '<option value="unknown" selected>Rights unknown' in html
    assert "Nothing matches with these filters" in html


def test_the_form_of_a_search_offers_the_same_once_works_are_surveyed_and_counts_nothing_anew(
    site: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def form(html: str) -> str:
        return html.partition('<form class="filters"')[2].partition("</form>")[0]

    with site.app_context():
        surveyor().forget()
        before = form(text(visitor, "/search"))
        surveyor().measure()
        monkeypatch.setattr(store(), "facets", None)
    assert before.count('<option value="') == 2 + 5
    assert form(text(visitor, "/search")) == before


def test_search_finding_nothing_says_how_words_are_looked_for(visitor: FlaskClient) -> None:
    html = text(visitor, "/search?q=zebra")
    assert "Nothing matches." in html
    assert ids(html) == []


def test_artists_stand_in_order_with_cover_and_count(visitor: FlaskClient) -> None:
    html = text(visitor, "/artists")
    assert "4 artists" in html
    assert html.count("10 works") == 4
    found = [unquote(name) for name in re.findall(r'href="/artists/([^"?]+)"', html)]
    assert found == sorted(slug(name) for name in ARTISTS)


def test_a_letter_shows_its_artists_alone_and_one_without_any_is_not_there(visitor: FlaskClient) -> None:
    html = text(visitor, "/artists?letter=a")
    assert "Ada Ochre" in html
    assert "Brandt" not in html
    assert "No artist begins with that letter" in text(visitor, "/artists?letter=q", 404)
    assert "No artist begins with that letter" in text(visitor, "/artists?letter=ad", 404)


def test_an_artist_in_any_script_has_a_page(visitor: FlaskClient, exhibition: Exhibition) -> None:
    for name in ARTISTS:
        html = text(visitor, f"/artists/{slug(name)}")
        assert f"<bdi>{name}</bdi></h1>" in html
        assert ids(html) == [work.id for work in exhibition.works if work.artist == name]


def test_an_artists_works_can_be_narrowed_and_none_left_is_no_error(visitor: FlaskClient) -> None:
    page = f"/artists/{slug(ARTISTS[0])}"
    assert 0 < len(ids(text(visitor, f"{page}?movement=Tides"))) < 10
    html = text(visitor, f"{page}?from=1500&to=1501")
    assert "No work of this artist matches" in html
    assert "Ada Ochre" in html


@pytest.mark.parametrize("name", ["nobody", "../about", "%2e%2e", "ada-ochre-", "ADA-OCHRE", "a" * 500])
def test_an_unknown_artist_is_not_there(name: str, visitor: FlaskClient) -> None:
    assert visitor.get(f"/artists/{name}").status_code in ((404,) if name != "../about" else (404, 308))


def test_an_artwork_shows_its_facts_its_source_and_its_rights(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = next(work for work in exhibition.works if work.licence == "CC-BY-SA-4.0" and work.tags and work.movement)
    html = text(visitor, f"/artworks/{work.id}")
    assert f'<bdi class="title">{work.title}</bdi></h1>' in html
    assert f"/artists/{work.artist_slug}" in html
    assert f'href="{work.page_url}">museum.example</a>' in html
    assert 'href="https://creativecommons.org/licenses/by-sa/4.0/">CC BY-SA 4.0</a>' in html
    assert "Photograph: the museum" in html
    assert "/search?q=seashore,+coast" in html or "/search?q=seashore,%20coast" in html
    assert f"{work.width} × {work.height} px" in html
    assert f'<link rel="canonical" href="http://localhost/artworks/{work.id}">' in html


def test_rights_that_nobody_stated_are_marked(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = next(work for work in exhibition.works if work.licence == "unknown")
    assert re.search(r'class="badge"[^>]*>Rights unknown<', text(visitor, f"/artworks/{work.id}"))


def test_more_like_this_is_by_falling_likeness_with_the_score_on_each_card(
    visitor: FlaskClient, exhibition: Exhibition, site: Flask
) -> None:
    work = exhibition.works[3]
    html = text(visitor, f"/artworks/{work.id}")
    _, _, below = html.partition('id="alike"')
    shown = [float(score) for score in re.findall(r'class="score"[^>]*>.*?(-?\d\.\d\d)</span>', below)]
    assert len(shown) == 24
    assert shown == sorted(shown, reverse=True)
    assert work.id not in ids(below)[1:]


@pytest.mark.parametrize("scope", ["all", "artist", "others"])
def test_neighbours_can_be_kept_to_one_artist_or_to_others(
    scope: str, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    work = exhibition.works[3]
    seen: list[str] = []
    for number in (1, 2):
        answer = visitor.get(f"/artworks/{work.id}?scope={scope}&page={number}")
        if number == 2 and scope == "artist":
            assert answer.status_code == 404
            break
        seen += ids(answer.text.partition('class="wall')[2])
    wanted = {
        other.id
        for other in exhibition.works
        if other is not work and (scope == "all" or (other.artist == work.artist) == (scope == "artist"))
    }
    assert set(seen) - {work.id} == wanted
    assert 'aria-current="true"' in visitor.get(f"/artworks/{work.id}?scope={scope}").text


@pytest.mark.parametrize("scope", ["everyone", "", "ARTIST", "artist%00"])
def test_an_unknown_scope_is_refused(scope: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    html = text(visitor, f"/artworks/{exhibition.works[0].id}?scope={scope}", 400)
    assert "The scope must be one of: all, artist, others." in html


@pytest.mark.parametrize("number", ["0", "x", "-3"])
def test_a_page_of_neighbours_must_be_a_number(number: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    assert "must be a number" in text(visitor, f"/artworks/{exhibition.works[0].id}?page={number}", 400)
    assert "no more works" in text(visitor, f"/artworks/{exhibition.works[0].id}?page=50", 404)


@pytest.mark.parametrize("name", [str(NOT_THERE), "1", "x" * 36, "../../etc/passwd", "%00", "00000000-0000-0000-0000"])
def test_an_unknown_artwork_is_not_there(name: str, visitor: FlaskClient) -> None:
    assert "Nothing hangs here" in text(visitor, f"/artworks/{name}", 404)


def test_a_removed_work_is_gone_at_once(site: Flask, visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = exhibition.works[-1]
    with site.app_context():
        store().delete([work.id])
    assert "may have been removed" in text(visitor, f"/artworks/{work.id}", 404)
    assert work.id not in text(visitor, "/")


class Counting:
    """A store that counts what is asked of it."""

    def __init__(self, inner: ArtworkStore) -> None:
        self.inner, self.calls = inner, list[str]()

    def __getattr__(self, name: str) -> object:
        self.calls.append(name)
        return getattr(self.inner, name)


@pytest.mark.parametrize(
    ("page", "most"),
    [("/", 3), ("/artists", 2), (f"/artists/{slug(ARTISTS[1])}", 5), ("/search?q=study", 17), ("ARTWORK", 2)],
)
def test_a_page_asks_the_store_a_few_times_however_many_works_it_shows(
    page: str, most: int, site: Flask, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    with site.app_context():
        inner = store()
    counting = Counting(inner)
    hold(site.extensions, counting)  # type: ignore[arg-type]
    try:
        text(visitor, page.replace("ARTWORK", f"/artworks/{exhibition.works[1].id}"))
    finally:
        hold(site.extensions, inner)
    assert len(counting.calls) <= most, counting.calls
