"""What sources read from the answers of their sites: whole ones, strange ones, and pages saved from the real world."""

import html
import importlib
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakeweb import bing as fake_bing
from fakeweb import commons as fake_commons
from fakeweb import google as fake_google
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from scraper.answers import at, number, objects, text
from scraper.errors import Blocked, Changed
from scraper.google_page import KnownWork, check, clicked, is_foreign, parse, says_nothing_found, works_of
from scraper.licences import licence_of
from scraper.manners import Manners, Pace, paces_of
from scraper.model import Candidate, Skip
from scraper.sources import SOURCES, artic, bing, cleveland, commons, google, met, openverse, rijksmuseum, wikiart

PAGES = Path(__file__).parents[2] / "shared" / "pages"
shared = pytest.mark.skipif(not PAGES.is_dir(), reason="the saved pages are kept beside the project")

READERS: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    "artic": ("data", artic.parse),
    "cleveland": ("data", cleveland.parse),
    "commons": ("query", commons.parse),
    "commons categories": ("query", lambda body: commons.subcategories(body, "Claude Monet")),
    "met object": ("objectID", lambda body: met.parse(body, "https://a.example/1")),
    "met search": ("objectIDs", met.parse_search),
    "openverse": ("results", openverse.parse),
    "rijksmuseum object": ("produced_by", lambda body: rijksmuseum.parse(body, "https://a.example/1", "https://b/2")),
    "rijksmuseum search": ("orderedItems", rijksmuseum.parse_search),
    "wikiart artist": ("artistName", wikiart.parse_artist),
    "wikiart works": ("Paintings", wikiart.parse),
}
# Names that the readers look for, so that what is made up is near enough to the real thing to hurt.
FIELDS = [
    *("data", "query", "pages", "imageinfo", "extmetadata", "value", "Artist", "objectID", "isPublicDomain", "tags"),
    *("primaryImage", "results", "url", "tags", "name", "title", "images", "print", "web", "creators", "description"),
    *("continue", "error", "code", "info", "pagination", "total_pages", "image_id", "is_public_domain", "thumbnail"),
    *("orderedItems", "next", "id", "produced_by", "part", "carried_out_by", "identified_by", "classified_as"),
    *("subject_of", "subject_to", "Paintings", "image", "paintingUrl", "artistName", "license", "license_url"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", READERS)
@examples(max_examples=80, deadline=None)
@given(value=VALUES, around=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5))
def test_no_answer_is_more_than_an_expected_error(name: str, value: Any, around: dict[str, Any]) -> None:
    mark, read = READERS[name]
    try:
        read(json.dumps({**around, mark: value}).encode())
    except (Changed, Blocked):
        pass


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"other": 1}', b"\xff\xfe", b"[" * 50_000])
def test_what_is_no_answer_at_all_is_a_change(name: str, body: bytes) -> None:
    with pytest.raises(Changed) as caught:
        READERS[name][1](body)
    assert caught.value.page == body


def test_pieces_of_answers_are_taken_for_what_they_are() -> None:
    said = {"a": [{"b": " x "}, 3, {"b": ""}]}
    assert (at(said, "a", 0, "b"), at(said, "a", 7), at(said, "a", "b"), at(None, "a")) == (" x ", None, None, None)
    assert objects(said["a"]) == [{"b": " x "}, {"b": ""}]
    assert (text(" x "), text(""), text(1880), text(True), text(["x"])) == ("x", None, "1880", None, None)
    assert (number("1280"), number(7.9), number(-1), number("wide"), number(True), number(1e300)) == (1280, 7) + (
        None,
    ) * 4


def test_a_museum_says_why_a_work_is_left_out() -> None:
    url = "https://a.example/1"
    closed = met.parse(
        json.dumps({"objectID": 1, "isPublicDomain": False, "primaryImage": "https://a/1"}).encode(), url
    )
    without = met.parse(json.dumps({"objectID": 1, "isPublicDomain": True, "primaryImage": ""}).encode(), url)
    assert [(skip.stage, skip.reason) for skip in (closed, without) if isinstance(skip, Skip)] == [
        ("policy", "not-open"),
        ("find", "no-picture"),
    ]


def test_texts_of_commons_are_freed_of_html() -> None:
    answer = json.dumps({"query": {"pages": [fake_commons.page(0, *fake_commons.FILES[3])]}}).encode()
    (work,), going_on = commons.parse(answer)
    assert isinstance(work, Candidate)
    assert (work.title, work.artist_text, going_on) == ("Le bassin d'Argenteuil", "Monet, Claude (1840-1926)", {})
    assert (work.licence.code, work.licence.credit) == ("CC-BY-SA-4.0", "Photo: Somebody")
    assert work.image_urls == (
        fake_commons.thumb("Argenteuil.tif"),
        "https://upload.wikimedia.org/wikipedia/commons/Argenteuil.tif",
    )


@pytest.mark.parametrize(("stated", "required"), [("true", True), ("false", False), ("", None), ("perhaps", None)])
def test_whether_a_file_of_commons_must_be_credited_is_as_its_page_says(stated: str, required: bool | None) -> None:
    facts = fake_commons.facts(LicenseShortName="Attribution", AttributionRequired=stated)
    answer = json.dumps({"query": {"pages": [fake_commons.page(0, "A.jpg", "image/jpeg", facts)]}}).encode()
    (work,), _ = commons.parse(answer)
    assert isinstance(work, Candidate)
    assert (work.licence.code, work.licence.attribution_required) == ("unknown", required)


def test_categories_of_commons_are_followed_where_they_bear_the_artists_name() -> None:
    names = ("Paintings by Monet by subject", "Water lilies (CLAUDE MONET)", "Museums in Paris", "Édouard Manet", "")
    pages = [{"ns": 14, "title": f"Category:{name}"} for name in names] + [{"ns": 6, "title": "File:Monet.jpg"}]
    body = json.dumps({"query": {"pages": pages}}).encode()
    assert commons.subcategories(body, "Claude Monet") == [f"Category:{name}" for name in names[:2]]
    # They are no files that are missing.
    works, _ = commons.parse(body)
    assert [work.url for work in works if isinstance(work, Skip)] == [
        "https://commons.wikimedia.org/wiki/File:Monet.jpg"
    ]
    assert commons.subcategories(b'{"batchcomplete": true}', "Li") == []


@pytest.mark.parametrize(("slug", "code"), [("by-nc 4.0", "CC-BY-NC-4.0"), ("cc0", "CC0-1.0"), ("pdm", "PDM-1.0")])
def test_openverse_names_licences_by_word(slug: str, code: str) -> None:
    name, _, version = slug.partition(" ")
    picture = {"url": "https://a/1", "license": name, "license_version": version or "1.0"}
    (work,), _ = openverse.parse(json.dumps({"results": [picture]}).encode())
    assert work.licence.code == code == licence_of(code, "x").code


def test_fragments_of_bing_are_unescaped_by_a_parser() -> None:
    works = bing.parse(fake_bing.results(range(4)).encode(), "https://www.bing.com/images/async", 35)
    assert [work.title for work in works] == [*fake_bing.TITLES.values(), "Picture 3"]
    assert (works[2].image_urls, works[2].rank) == (("https://pictures.example/w/2?id=2&x=1",), 37)
    assert (works[0].width, works[0].height, works[0].page_url) == (640, 480, "https://blog.example/posts/0")


@pytest.mark.parametrize(
    "stated", ["", "{", "[]", '{"murl": 5}', '{"murl": "javascript:alert(1)"}', '{"murl": "file:///etc/passwd"}']
)
def test_what_bing_states_badly_is_left_out(stated: str) -> None:
    page = f'<ul class="dgControl"><li><a class="iusc" m="{html.escape(stated)}"></a></li></ul>'
    assert bing.parse(page.encode(), "https://www.bing.com/images/async") == []


def test_pages_of_bing_without_pictures_are_told_apart() -> None:
    url = "https://www.bing.com/images/async"
    assert bing.parse(fake_bing.NOTHING.encode(), url) == bing.parse(b"  ", url) == []
    with pytest.raises(Blocked, match="captcha"):
        bing.parse(fake_bing.CAPTCHA.encode(), url)
    with pytest.raises(Changed, match="a.iusc"):
        bing.parse(fake_bing.CHANGED.encode(), url)


def test_google_states_picture_page_and_size_in_its_links() -> None:
    link = (
        '<a href="/imgres?imgurl=https%3A%2F%2Fart.example%2F1.jpg%3Fa%3D1%26b&imgrefurl=https%3A%2F%2Fart.example%2F'
        '&tbnid=t1&docid=d1&w=640&h=480"><img alt="Water &amp; Lilies"></a>'
    )
    ours = '<a href="/imgres?imgurl=https%3A%2F%2Fencrypted-tbn0.gstatic.com%2Fimages">x</a>'
    (work,) = parse((link + link + ours).encode())
    assert (work.image_urls, work.page_url) == (("https://art.example/1.jpg?a=1&b",), "https://art.example/")
    assert (work.title, work.width, work.height, work.source_id) == ("Water & Lilies", 640, 480, "t1")


def test_scripts_of_google_are_read_where_there_are_no_links() -> None:
    found = parse(fake_google.grid(scripted=True).encode())
    assert [work.image_urls[0] for work in found] == [fake_google.address(at) for at in range(fake_google.COUNT)]
    assert {(work.width, work.height) for work in found} == {(640, 480)}
    assert parse(fake_google.grid().encode()) == []


def test_the_panel_of_google_shows_one_picture_that_lies_elsewhere() -> None:
    picture = '<b><img src="https://a.example/1.jpg" alt="One"></b>'
    panel = f'<img src="https://encrypted-tbn0.gstatic.com/i"><a href="https://a.example/p">{picture}</a>'
    (work,) = clicked(panel.encode())
    assert (work.image_urls, work.page_url, work.title) == (("https://a.example/1.jpg",), "https://a.example/p", "One")


@pytest.mark.parametrize("own", ["www.google.com", "lh3.ggpht.com", "encrypted-tbn0.gstatic.com", "google.com"])
def test_addresses_of_google_are_no_pictures(own: str) -> None:
    assert not is_foreign(f"https://{own}/a.jpg")
    assert is_foreign(f"https://{own}.example/a.jpg")
    assert not is_foreign("data:image/gif;base64,R0lG")


def test_pages_of_google_without_pictures_are_told_apart() -> None:
    url = "https://www.google.com/search?q=x"
    for page in (fake_google.NOTHING, fake_google.CHANGED, fake_google.grid()):
        check(page.encode(), url)
    assert [says_nothing_found(page.encode()) for page in (fake_google.NOTHING, fake_google.CHANGED)] == [True, False]
    for page, at_ in [(fake_google.SORRY, url), (fake_google.grid(), "https://www.google.com/sorry/index?q=1")]:
        with pytest.raises(Blocked, match="captcha"):
            check(page.encode(), at_)
    with pytest.raises(Blocked, match="only a page that tests it"):
        check(fake_google.ENABLE_JS.encode(), url)


def test_years_come_from_the_row_of_known_works() -> None:
    row = "".join(
        f'<div><a href="/search?q={title}&stick=H4"><img alt="{title}"><p>{title}</p><p>{year}</p></a></div>'
        for title, year in [("Water Lilies", "1906"), ("Poppies", "1873"), ("Lilies", "")]
    )
    other = (
        '<div><a href="/search?q=Manet&stick=H4"><img alt="Manet"></a><a href="/s?stick=H4"><img alt="Degas"></a></div>'
    )
    page = f"<div><div id=row>{row}</div></div>{other}".encode()
    assert works_of(page) == [
        KnownWork("Water Lilies", "1906", None),
        KnownWork("Poppies", "1873", None),
        KnownWork("Lilies", None, None),
    ]
    found = [
        Candidate("google", 0, ("https://a/1",), title=title) for title in ("Monet: Water Lilies, MoMA", "Boats", None)
    ]
    filled = google._with_years(found, page)
    assert [(work.title, work.year_text) for work in filled] == [
        ("Water Lilies", "1906"),
        ("Boats", None),
        (None, None),
    ]


# Counted on each page as Chromium lays it out: the tiles one sees (those of 2019 lie in one row to be pushed along),
# and the titled ones that appear by "Show more". Then the mark that each layout had when it was saved.
ROWS = [
    ("van-gogh_2019layout", 51, 0, rb'class="klitem"'),
    ("van-gogh_2025layout", 8, 39, rb'class="iELo6'),
    ("da-vinci_2024-12", 8, 39, rb'class="iELo6'),
    ("monet_2025-05", 8, 42, rb'class="iELo6'),
    ("olafur-eliasson_2025-05", 0, 0, rb'class="iELo6'),
]


@shared
@pytest.mark.shared
@pytest.mark.parametrize(("page", "seen", "more", "mark"), ROWS, ids=[page for page, *_ in ROWS])
def test_as_many_works_are_found_as_a_person_counts(page: str, seen: int, more: int, mark: bytes) -> None:
    body = (PAGES / f"google_serp_{page}.html").read_bytes()
    works = works_of(body)
    print(f"\n{page}: {seen} + {more} counted, {len(re.findall(mark, body))} marked, {len(works)} found")
    assert len(works) == seen + more == len(re.findall(mark, body))
    assert all(work.title for work in works)
    check(body, "https://www.google.com/search?q=x")


@shared
@pytest.mark.shared
@pytest.mark.parametrize("page", ["van-gogh_2019layout", "van-gogh_2025layout"])
def test_names_and_years_are_those_their_publisher_gives(page: str) -> None:
    written = (PAGES / f"google_serp_{page}.expected.json").read_text().strip()
    expected = json.loads(written if written.startswith("{") else f"{{{written}}}")["artworks"]
    works = works_of((PAGES / f"google_serp_{page}.html").read_bytes())
    assert [(work.title, work.year) for work in works] == [
        (each["name"], next(iter(each.get("extensions") or []), None)) for each in expected
    ]


@shared
@pytest.mark.shared
@pytest.mark.parametrize("page", ["bing_images_lowresult_2026-07", "bing_async_snippet_2020"])
def test_the_one_picture_of_a_saved_page_of_bing_is_found(page: str) -> None:
    body = (PAGES / f"{page}.html").read_bytes()
    works = bing.parse(body, "https://www.bing.com/images/async")
    marked = body.count(b'class="iusc"')
    print(f"\n{page}: {marked} counted, {len(works)} found")
    assert marked == len(works) == 1
    assert (work := works[0]).title and work.page_url and work.width and work.height


@shared
@pytest.mark.shared
def test_the_page_for_browsers_without_scripts_is_a_block() -> None:
    page = (PAGES / "google_blocked_enablejs_2026-07.html").read_bytes()
    assert not says_nothing_found(page)
    with pytest.raises(Blocked, match="only a page that tests it"):
        check(page, "https://www.google.com/search?q=x&udm=2")


@pytest.mark.parametrize("name", sorted(SOURCES.sites()))
def test_what_a_source_parses_is_bytes(name: str) -> None:
    parse_ = importlib.import_module(SOURCES[name].__module__).parse
    first, *_ = inspect.signature(parse_).parameters.values()
    assert (first.name, first.annotation) == ("body", bytes)
    assert not inspect.iscoroutinefunction(parse_)


@pytest.mark.parametrize("name", sorted(SOURCES.sites()))
def test_a_source_says_all_an_admin_is_told(name: str) -> None:
    source = SOURCES.sites()[name]
    assert source.name == name
    assert source.title and source.how and source.licences
    assert all(re.fullmatch(r"https://[a-z.-]+", origin) for origin in source.origins)
    assert source.default_on or source.caution
    assert bool(source.known_artist) is bool(source.origins)


def test_sources_that_share_a_host_keep_to_the_slower_pace() -> None:
    one = Manners("api", {"a.example": Pace(per_second=2, connections=4), "b.example": Pace(per_minute=20)})
    other = Manners("obey", {"a.example": Pace(per_second=1, per_minute=30), "b.example": Pace(per_day=200)})
    assert paces_of([one, other]) == {
        "a.example": Pace(per_second=1, per_minute=30, connections=4),
        "b.example": Pace(per_minute=20, per_day=200),
    }


def test_the_pace_that_hosts_ask_for_is_kept_to() -> None:
    hosts = {host: pace for source in SOURCES.sites().values() for host, pace in source.manners.hosts.items()}
    assert hosts["upload.wikimedia.org"].connections == 2
    assert hosts["api.openverse.org"] == Pace(per_second=1, per_minute=20, per_day=200, connections=1)
    for host in ("collectionapi.metmuseum.org", "www.wikiart.org", "www.bing.com", "www.google.com"):
        assert hosts[host].per_second == 1
