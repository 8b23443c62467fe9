"""The museum's site: pages of six kinds that the scraper reads in full, decorations it leaves, and plain manners."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
from PIL import Image

from gallery.museum import furniture
from gallery.museum.atelier import draw, file_of
from gallery.museum.catalogue import all_artists
from gallery.museum.collecting import collect, uncollected
from gallery.museum.model import INSTITUTION, Artist, Layout, Work
from gallery.museum.pages import original, sized
from gallery.museum.site import HOST, Museum, OpenMuseum, page_of
from scraper.errors import Refused, StorageError
from scraper.library import Library
from scraper.model import ArtworkRecord, Candidate
from scraper.names import slug
from scraper.session import open_reach
from scraper.settings import ScraperSettings
from scraper.sources.webpage import parse

BY_NAME = {artist.name: artist for artist in all_artists()}
# One artist for each kind of page, those who draw fast.
CHOSEN = tuple(
    replace(BY_NAME[name], titles=BY_NAME[name].titles[:3])
    for name in (
        "Ilse Vandermeer",
        "Greta Lindqvist",
        "Célestine Aubry",
        "Edith Fairweather",
        "Vera Sokolnik",
        "Bruna Teixeira",
    )
)
BY_LAYOUT: dict[str, Artist] = {artist.layout: artist for artist in CHOSEN}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("museum")
    draw([work for artist in CHOSEN for work in artist.works], folder)
    return folder


@pytest.fixture
def museum(pictures: Path) -> Museum:
    return Museum(pictures, CHOSEN, per_page=2)


def whole(layout: str) -> Museum:
    """Return a museum with all twenty works of an artist, none of them drawn."""
    artist = next(artist for artist in all_artists() if artist.layout == layout)
    return Museum(Path("/nowhere"), (artist,))


def read(museum: Museum, address: str) -> list[Candidate]:
    """Return what the scraper makes of a page and of those that follow it."""
    found: list[Candidate] = []
    at: str | None = address
    while at is not None:
        parts = urlsplit(at)
        answer = museum.answer(f"{parts.path}?{parts.query}")
        assert answer.status == 200
        parsed = parse(answer.content, at)
        found += parsed.works
        at = parsed.next_url
    return found


def test_every_kind_of_page_is_used() -> None:
    assert set(BY_LAYOUT) == set(get_args(Layout))


@pytest.mark.parametrize("layout", [layout for layout in get_args(Layout) if layout != "endless"])
def test_the_scraper_reads_every_fact_of_every_work_and_nothing_else(layout: str) -> None:
    museum = whole(layout)
    artist = museum.artists[0]
    found = read(museum, page_of(artist))
    assert [each.image_urls[0] for each in found] == [f"http://{HOST}{original(work)}" for work in artist.works]
    for each, work in zip(found, artist.works, strict=True):
        said = (each.title, each.artist_text, each.year_text, each.medium, each.movement, each.institution)
        assert said == (work.title, artist.name, str(work.year), artist.medium, artist.movement, INSTITUTION)
        assert each.licence.code == (artist.terms.code or "unknown")
        assert each.licence.credit == artist.terms.credit


def test_an_endless_page_goes_on_by_its_script() -> None:
    museum = whole("endless")
    artist = museum.artists[0]
    assert len(read(museum, page_of(artist))) == 8
    cards, following = "", 1
    while following:
        said = json.loads(museum.answer(f"/api/artists/{artist.slug}?page={following}").content)
        cards, following = cards + "".join(said["html"]), said["next"]
    found = parse(cards.encode(), page_of(artist)).works
    assert [each.title for each in found] == [work.title for work in artist.works]
    assert {each.licence.code for each in found} == {artist.terms.code or "unknown"}
    assert {each.medium for each in found} == {artist.medium}


@pytest.mark.parametrize(("layout", "mark"), [
    ("lazy", "IntersectionObserver"),
    ("lazy", "data-src="),
    ("srcset", 'rel="next"'),
    ("srcset", "960w"),
    ("picture", '<source type="image/webp"'),
    ("picture", "application/ld+json"),
    ("endless", "/api/artists/"),
    ("linked", '"@type": "VisualArtwork"'),
    ("backdrop", "background-image: url("),
])  # fmt: skip
def test_pages_are_built_as_real_ones_are(layout: str, mark: str) -> None:
    museum = whole(layout)
    assert mark in museum.answer(f"/artists/{museum.artists[0].slug}").content.decode()


def test_titles_are_written_safely(museum: Museum) -> None:
    nasty = replace(BY_LAYOUT["linked"], titles=("</script><script>alert(1)</script>",))
    for layout in get_args(Layout):
        page = replace(museum, artists=(replace(nasty, layout=layout),)).answer(f"/artists/{nasty.slug}")
        assert page.status == 200 and b"<script>alert(1)" not in page.content


def test_the_first_page_leads_to_every_artist(museum: Museum) -> None:
    page = museum.answer("/").content.decode()
    assert all(f'href="/artists/{artist.slug}"' in page and artist.name in page for artist in CHOSEN)
    assert all(page_of(artist) in museum.answer("/sitemap.xml").content.decode() for artist in CHOSEN)
    robots = museum.answer("/robots.txt")
    assert b"Sitemap: http://museum.example/sitemap.xml" in robots.content and robots.content_type.startswith("text/")


@pytest.mark.parametrize("path", [
    "/nothing", "/artists/nobody", "/artists/", "/api/artists/nobody", "/artists/edith-fairweather?page=9",
    "/media/../../etc/passwd", "/media/edith-fairweather/lock", "/media/edith-fairweather/321/01-filix.jpg",
    "/assets/../layout.html", "/assets/nothing.png", "museum.example", "",
])  # fmt: skip
def test_what_is_not_there_is_not_found(museum: Museum, path: str) -> None:
    assert museum.answer(path).status == 404


@pytest.mark.parametrize("page", ["", "0", "-1", "0x2", "two", "99999"])
def test_a_page_number_that_is_none_is_the_first(museum: Museum, page: str) -> None:
    first = museum.answer("/artists/edith-fairweather")
    assert museum.answer(f"/artists/edith-fairweather?page={page}") == first


def test_pictures_come_whole_and_in_the_usual_widths(museum: Museum, pictures: Path) -> None:
    work = BY_LAYOUT["picture"].works[0]
    assert museum.answer(original(work)).content == file_of(pictures, work).read_bytes()
    for suffix, kind in (("jpg", "JPEG"), ("webp", "WEBP")):
        answer = museum.answer(sized(work, 320, suffix))
        with Image.open(BytesIO(answer.content)) as image:
            assert (image.format, image.width) == (kind, 320) and answer.content_type == f"image/{kind.lower()}"


def test_a_picture_that_is_not_drawn_yet_is_not_found(museum: Museum) -> None:
    work = Work(BY_NAME["Noor Halvorsen"], 0)
    elsewhere = replace(museum, artists=(work.artist,))
    assert elsewhere.answer(original(work)).status == elsewhere.answer(sized(work, 640)).status == 404


@pytest.mark.parametrize("name", ["logo.svg", "icon-search.svg", "icons-sprite.png", "curator-avatar.png", "count.gif"])
def test_the_furniture_is_what_its_name_says(museum: Museum, name: str) -> None:
    answer = museum.answer(f"/assets/{name}")
    assert answer.status == 200 and furniture.made(name) == (answer.content, answer.content_type)
    if name.endswith("svg"):
        assert answer.content.startswith(b"<svg")
    else:
        with Image.open(BytesIO(answer.content)) as image:
            image.load()


# On the network of this machine.


@pytest.fixture
def site(museum: Museum) -> Iterator[OpenMuseum]:
    with OpenMuseum(museum) as site:
        yield site


def test_it_answers_on_loopback_and_stands_in_for_one_name(site: OpenMuseum) -> None:
    address = urlsplit(site.url)
    assert address.hostname == "127.0.0.1" and address.port
    assert dict(site.stand_in.hosts) == {"museum.example:80": ("127.0.0.1", address.port)} and site.stand_in.ca is None
    connection = HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        for method, path, status in (("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/nothing", 404)):
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == status and "museum" in (answer.getheader("Server") or "")
            assert (body == b"") == (method == "HEAD") and answer.getheader("Content-Length") != "0"
    finally:
        connection.close()


def test_once_closed_it_answers_no_more(museum: Museum) -> None:
    with OpenMuseum(museum) as site:
        port = urlsplit(site.url).port
    connection = HTTPConnection("127.0.0.1", port or 0, timeout=10)
    with pytest.raises(ConnectionError):
        connection.request("GET", "/")
    connection.close()


# With a real browser, through the real guard.


def scraping(folder: Path) -> ScraperSettings:
    return ScraperSettings(data_dir=folder, per_second=500, connections=8)


def expected(record: ArtworkRecord) -> Work:
    artist = next(artist for artist in CHOSEN if artist.name == record.artist)
    return next(work for work in artist.works if work.title == record.title)


@pytest.mark.browser
async def test_every_work_comes_with_every_fact_through_browser_and_guard(site: OpenMuseum, tmp_path: Path) -> None:
    settings = scraping(tmp_path)
    library = Library(settings.library_dir)
    assert uncollected(library, CHOSEN) == list(CHOSEN)
    outcomes = await collect(site, CHOSEN, settings)
    assert {name: (outcome.exit_code, outcome.counts["new"]) for name, outcome in outcomes.items()} == {
        artist.name: (0, 3) for artist in CHOSEN
    }
    records = list(library.records())
    assert len(records) == 18 and uncollected(library, CHOSEN) == []
    for record in records:
        work = expected(record)
        artist = work.artist
        assert (record.picture.width, record.picture.height) == work.size
        assert (record.year, record.medium, record.movement) == (work.year, artist.medium, artist.movement)
        assert (record.institution, record.licence.code) == (INSTITUTION, artist.terms.code or "unknown")
        assert record.licence.credit == artist.terms.credit
        (seen,) = record.sightings
        assert seen.stand_in and seen.artist_match == "exact" and seen.robots == "allowed"
        assert seen.fetched_url == f"http://{HOST}{original(work)}"
        assert (seen.candidate.page_url or "").startswith(page_of(artist))


@pytest.mark.browser
async def test_an_artist_who_is_not_whole_is_visited_again_alone(
    museum: Museum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = scraping(tmp_path)
    library = Library(settings.library_dir)
    two = CHOSEN[:2]
    with OpenMuseum(museum) as site:
        await collect(site, two, settings)
        lost = next(record for record in library.records() if record.artist == two[1].name)
        library.record_path(lost.picture.sha256).unlink()
        library.picture_path(lost.picture).unlink()
        assert uncollected(library, two) == [two[1]]
        asked: list[str] = []
        answer = Museum.answer
        monkeypatch.setattr(Museum, "answer", lambda self, target: asked.append(target) or answer(self, target))
        await collect(site, uncollected(library, two), settings)
    assert uncollected(library, two) == []
    assert [path for path in asked if path.startswith("/media/")] == [original(expected(lost))]
    assert {path.split("?")[0] for path in asked if path.startswith("/artists/")} == {f"/artists/{slug(two[1].name)}"}


@pytest.mark.browser
async def test_nothing_but_the_museum_can_be_reached(site: OpenMuseum, tmp_path: Path) -> None:
    async with open_reach(scraping(tmp_path), site.stand_in) as reach:
        for address in ("http://example.org/", site.url, "http://museum.example:8080/"):
            with pytest.raises(Refused):
                await reach.web.get_text(address)
            with pytest.raises(Refused):
                async with reach.browser.open_page(address):
                    pytest.fail(f"{address} was opened")


@pytest.mark.browser
async def test_a_full_library_ends_all_visits_with_its_own_words(site: OpenMuseum, tmp_path: Path) -> None:
    settings = scraping(tmp_path).model_copy(update={"max_store_gb": 1e-6})
    with pytest.raises(StorageError, match="GALLERY_MAX_STORE_GB"):
        await collect(site, CHOSEN[:2], settings)
    assert uncollected(Library(settings.library_dir), CHOSEN[:2]) == list(CHOSEN[:2])
