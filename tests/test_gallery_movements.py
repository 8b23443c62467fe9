"""Artists and movements: sorted by name, works and time, in their decades, and artists like an artist."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from exhibition import ARTISTS, CARD, Exhibition, random_vectors, settings_for
from flask import Flask
from flask.testing import FlaskClient
from test_gallery_hostile import checked, hostile_works
from test_gallery_pages import paged

from gallery.app import create_app
from gallery.catalogue import store
from gallery.survey import surveyor
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from scraper.names import slug

FIRST = slug(ARTISTS[0])


@pytest.fixture(autouse=True)
def surveyed(site: Flask) -> None:
    """The collection has been surveyed."""
    with site.app_context():
        surveyor().measure()


@pytest.fixture(scope="module")
def hostile(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlaskClient, list[Artwork]]]:
    settings = settings_for(tmp_path_factory.mktemp("hostile-movements"))
    works = list(hostile_works(exhibition.works))
    with closing(open_store(settings)) as held:
        held.prepare(CARD)
        held.add(works, {CONTENT: random_vectors(len(works))})
        app = create_app(settings, held)
        with app.app_context():
            surveyor().measure()
        yield app.test_client(), works


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def test_movements_are_listed_with_cover_count_and_years(visitor: FlaskClient, exhibition: Exhibition) -> None:
    html = text(visitor, "/movements")
    assert re.findall(r'href="/movements/([^"?]+)"', html) == ["ebb-flow", "tides"]
    for name in ("Tides", "Ebb & Flow"):
        works = [work for work in exhibition.works if work.movement == name]
        assert f"{len(works)} works, {min(work.year for work in works if work.year) // 10 * 10}s to " in html
    assert "<svg" in html


@pytest.mark.parametrize(("sort", "first"), [("name", "ebb-flow"), ("count", "MORE"), ("time", "EARLIER")])
def test_movements_are_sorted_as_asked(sort: str, first: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    groups = {name: [w for w in exhibition.works if w.movement == name] for name in ("Ebb & Flow", "Tides")}
    wanted = {
        "MORE": slug(max(groups, key=lambda name: len(groups[name]))),
        # Both begin in the same decade: then the name decides.
        "EARLIER": "ebb-flow",
    }.get(first, first)
    html = text(visitor, f"/movements?sort={sort}")
    assert re.findall(r'href="/movements/([^"?]+)"', html)[0] == wanted
    assert html.count('aria-current="true"') == 1


def test_a_movement_shows_its_artists_its_works_and_its_decades(
    site: Flask, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    html = text(visitor, "/movements/ebb-flow")
    works = [work for work in exhibition.works if work.movement == "Ebb & Flow"]
    assert f"{len(works)} works by 2 artists" in html
    assert all(f"/artworks/{work.id}" in html for work in works)
    assert 'aria-label="Works by decade' in html
    with paged(site, 6):
        assert f"Page 2 of {-(-len(works) // 6)}" in text(visitor, "/movements/ebb-flow?page=2")
        assert "Artists</h2>" not in text(visitor, "/movements/ebb-flow?page=2")
    assert visitor.get("/movements/ebb-flow?page=9").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "Tides", "ebb & flow", "..", "%00", "a" * 400])
def test_an_unknown_movement_is_not_there(name: str, visitor: FlaskClient) -> None:
    assert visitor.get(f"/movements/{name}").status_code in ((404, 308) if name == ".." else (404,))


@pytest.mark.parametrize("page", ["/movements", "/artists"])
def test_an_order_that_is_none_is_refused(page: str, visitor: FlaskClient) -> None:
    for sort in ("", "year", "NAME", "%00"):
        assert "sorted by one of: name, count, time" in text(visitor, f"{page}?sort={sort}", 400)
    assert visitor.post(page).status_code == 405


def test_a_page_number_that_is_none_is_refused(visitor: FlaskClient) -> None:
    assert "must be a number" in text(visitor, "/movements/tides?page=x", 400)


def test_artists_are_sorted_by_their_first_decade(visitor: FlaskClient, site: Flask) -> None:
    with site.app_context():
        known = surveyor().latest()
    assert known is not None
    html = text(visitor, "/artists?sort=time")
    found = re.findall(r'<bdi class="title upright">([^<]+)</bdi>', html)
    begins = [known.artists[slug(name)].begins for name in found]
    assert begins == sorted(begins)
    assert len(found) == 4


def test_an_artist_has_a_timeline_and_kin_with_the_pair_that_ties_them(visitor: FlaskClient, site: Flask) -> None:
    html = text(visitor, f"/artists/{FIRST}")
    assert 'aria-label="Works by year' in html
    _, _, below = html.partition("Artists like this one")
    with site.app_context():
        known = surveyor().latest()
    assert known is not None
    near = known.kindred[FIRST]
    assert re.findall(r'href="(/compare/[^"]+)"', below) == [f"/compare/{e.ours.id}/{e.theirs.id}" for e in near]
    assert all(f"<bdi>{each.name}</bdi></a>" in below for each in near)
    assert visitor.get(f"/compare/{near[0].ours.id}/{near[0].theirs.id}").status_code == 200
    # Whoever narrows the works looks for works.
    assert "Artists like this one" not in text(visitor, f"/artists/{FIRST}?from=1860")


def test_a_work_taken_down_since_ties_nobody(visitor: FlaskClient, site: Flask) -> None:
    with site.app_context():
        known = surveyor().latest()
        assert known is not None
        near = known.kindred[FIRST][0]
        vector = store().vectors([near.theirs.id])
        store().delete([near.theirs.id])
        try:
            html = text(visitor, f"/artists/{FIRST}")
        finally:
            store().add([near.theirs], {CONTENT: vector})
    assert near.theirs.id not in html
    assert "Artists like this one" in html


def test_before_the_first_survey_an_artists_page_only_says_less(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> None:  # noqa: E501
    own = exhibition.copy(tmp_path_factory.mktemp("unsurveyed"))
    with closing(open_store(own.settings())) as held:
        app = create_app(own.settings(), held)
        with app.app_context():
            surveyor()._due = float("inf")
        html = text(app.test_client(), f"/artists/{FIRST}")
        assert ARTISTS[0] in html
        assert "Artists like this one" not in html
        assert "Cosine similarity" in text(app.test_client(), f"/artworks/{exhibition.works[0].id}")


def test_hostile_names_of_movements_and_artists_stay_texts(hostile: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = hostile
    checked(text(client, "/movements"))
    for work in works:
        assert work.movement is not None
        checked(text(client, f"/movements/{slug(work.movement)}"))
        checked(text(client, f"/artists/{work.artist_slug}"))


class Broken:
    """A database that nobody may ask."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a page for visitors asked the database for {name}")


@pytest.mark.parametrize(
    "page",
    [
        *("/", "/artists", f"/artists/{FIRST}", "/movements", "/movements/tides", "/search?q=study", "/about", "/more"),
        *("/artworks/ONE", "/compare/ONE/TWO", "/more?like=ONE&unlike=TWO", "/more?like=ONE&varied=1", "/surprise"),
        *("/feed.atom", f"/artists/{FIRST}/feed.atom", "/artworks/ONE/feed.atom", "/artworks/ONE/manifest.json"),
        *(f"/artists/{FIRST}/collection.json", "/sitemap.xml", "/sitemaps/rooms.xml", "/sitemaps/artworks-1.xml"),
    ],
)
def test_no_page_for_visitors_asks_the_database(page: str, exhibition: Exhibition, site: Flask) -> None:
    with site.app_context():
        app = create_app(exhibition.settings(), store(), Broken())  # type: ignore[arg-type]
    answer = app.test_client().get(page.replace("ONE", exhibition.works[1].id).replace("TWO", exhibition.works[2].id))
    assert answer.status_code in (200, 302), answer.get_data(as_text=True)
    assert answer.get_data()
