"""Artists by movement, century, country and how typical they are; what the page of one sums up; portraits in a file."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from exhibition import ARTISTS, CARD, Exhibition, random_vectors
from flask import Flask
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.survey import surveyor
from indexer.lenses.palette import WIDTH, palettes_of
from indexer.portraits.file import read
from indexer.portraits.painting import paint
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, PALETTE, Filters, Vector
from scraper.names import slug

SLUGS = [slug(name) for name in ARTISTS]
LENSES = replace(CARD, widths={CONTENT: CARD.widths[CONTENT], PALETTE: WIDTH}, statistics="1-made-up")
RED, BLUE = (170, 40, 30), (40, 60, 150)


@pytest.fixture(scope="module")
def own(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    """The gallery with colours (the first artist's works are red, all others blue), portraits, and some countries."""
    own = exhibition.copy(tmp_path_factory.mktemp("artists"))
    settings = own.settings()
    painted = [np.full((32, 32, 3), RED if work.artist == ARTISTS[0] else BLUE, np.uint8) for work in own.works]
    with closing(open_store(settings, anew=True)) as store:
        store.prepare(LENSES)
        vectors = {CONTENT: random_vectors(len(own.works)), PALETTE: palettes_of(painted)}
        store.add(own.works, vectors)
        store.set_fields({own.works[0].id: {"year": 1790}})
        assert paint(store, settings.portraits_file)
    facts = {
        SLUGS[0]: {"name": ARTISTS[0], "nationality": "France, Denmark"},
        SLUGS[1]: {"name": ARTISTS[1], "nationality": "France"},
        SLUGS[2]: {"name": ARTISTS[2], "born": 1850},
    }
    settings.facts_file.write_text(json.dumps(facts))
    return own


@pytest.fixture(scope="module")
def store(own: Exhibition) -> Iterator[ArtworkStore]:
    with closing(open_store(own.settings())) as store:
        yield store


@pytest.fixture(scope="module")
def site(own: Exhibition, store: ArtworkStore) -> Flask:
    app = create_app(own.settings(), store)
    with app.app_context():
        surveyor().measure()
    return app


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def shown(html: str) -> list[str]:
    """Return the artists on a page, in its order."""
    return [unquote(each) for each in re.findall(r'<li class="r-\d+"><a href="/artists/([^"?]+)">', html)]


def options(html: str) -> dict[str, tuple[str, int]]:
    found = re.findall(r'href="([^"]+)"><bdi>([^<]+)</bdi></a>&nbsp;<span class="line">(\d+)</span>', html)
    return {label: (href.replace("&amp;", "&"), int(count)) for href, label, count in found}


def test_artists_are_listed_by_movement_century_and_country_with_how_many_each_leaves(visitor: FlaskClient) -> None:
    html = text(visitor, "/artists")
    found = options(html)
    assert {"1700–1799", "1800–1899", "France", "Denmark", "Not stated"} <= set(found)
    assert (found["France"][1], found["Denmark"][1], found["Not stated"][1], found["1700–1799"][1]) == (2, 1, 2, 1)
    for href, count in found.values():
        narrowed = text(visitor, href)
        assert len(shown(narrowed)) == count
        assert 'aria-label="Remove' in narrowed
    assert "A country is stated for 2 artists of 4." in html


def test_choices_are_kept_together_and_in_any_order(visitor: FlaskClient) -> None:
    html = text(visitor, "/artists?country=France&century=1800&sort=count")
    assert set(shown(html)) == {SLUGS[0], SLUGS[1]}
    assert 'href="/artists?century=1800&amp;sort=count" aria-label="Remove country: France"' in html
    assert 'href="/artists?century=1800&amp;country=France&amp;sort=time"' in html
    assert all("sort=count" in href for href, _ in options(html).values())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("century=1850", "first year of one"),
        ("century=soon", "first year of one"),
        ("century=99900", "first year of one"),
        ("century=٣٠٠", "first year of one"),
        ("country=%00", "cannot be searched for"),
        ("movement=" + "m" * 301, "is too long"),
        ("sort=fame", "can be sorted by one of"),
    ],
)
def test_what_makes_no_sense_is_refused(query: str, said: str, visitor: FlaskClient) -> None:
    assert said in text(visitor, f"/artists?{query}", 400)


def test_an_unknown_value_leaves_nobody_and_says_so(visitor: FlaskClient) -> None:
    for query in ("country=Atlantis", "movement=<b>", "century=1200"):
        html = text(visitor, f"/artists?{query}")
        assert "No artist here matches." in html and not shown(html)
        assert "<b>" not in html.partition("<main")[2].partition("What ")[0].replace("<bdi>", "")


def test_the_most_typical_artist_is_nearest_to_the_middle_of_all_that_are_listed(
    visitor: FlaskClient, store: ArtworkStore, own: Exhibition
) -> None:
    def order(slugs: list[str]) -> list[str]:
        vectors = {each: unit(store, Filters(artist=each)) for each in slugs}
        whole = np.mean([rows.mean(axis=0) for rows in vectors.values()], axis=0)
        return sorted(slugs, key=lambda each: -float((vectors[each] @ whole).mean()))

    assert shown(text(visitor, "/artists?sort=typical")) == order(SLUGS)
    assert shown(text(visitor, "/artists?sort=typical&country=France")) == order(SLUGS[:2])
    html = text(visitor, "/artists?sort=typical")
    assert "nearest, in the mean, to the middle of all artists listed here" in html
    assert "middle of all movements" in text(visitor, "/movements?sort=typical")


def unit(store: ArtworkStore, filters: Filters) -> Vector:
    rows = store.vectors([work.id for work in store.page(filters, size=100).artworks])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_works_are_sorted_by_year_and_by_how_typical_they_are_of_the_artist(
    visitor: FlaskClient, store: ArtworkStore
) -> None:
    def works(html: str) -> list[str]:
        return re.findall(r'<li class="r-\d+"><a href="/artworks/([0-9a-f-]{36})"', html)

    page = f"/artists/{SLUGS[1]}"
    mine = store.page(Filters(artist=SLUGS[1]), size=100).artworks
    rows = unit(store, Filters(artist=SLUGS[1]))
    nearness = dict(zip([work.id for work in mine], rows @ rows.mean(axis=0), strict=True))
    assert works(text(visitor, f"{page}?sort=typical")) == sorted(nearness, key=lambda each: -nearness[each])
    years = [store.get(work).year for work in works(text(visitor, f"{page}?sort=year"))]
    assert years == sorted(years, key=lambda year: (year is None, year or 0))
    assert "can be sorted by one of" in text(visitor, f"{page}?sort=price", 400)
    narrowed = text(visitor, f"{page}?sort=typical&from=1860&narrow=1")
    assert works(narrowed) and options(narrowed)
    assert all("sort=typical" in href for href, _ in options(narrowed).values())


def test_timelines_and_charts_are_drawn_on_the_server(visitor: FlaskClient, own: Exhibition) -> None:
    html = text(visitor, "/artists?sort=time")
    line = html.partition('<div class="spans">')[2].partition("</div>")[0]
    assert "<span>1790</span><span>1899</span>" in line
    assert [unquote(each) for each in re.findall(r'<li><a href="/artists/([^"]+)">', line)] == shown(html)
    assert line.count("<svg") == 4 and 'aria-label="1860s to 1890s"' in line
    assert '<div class="spans">' in text(visitor, "/movements?sort=time")
    assert '<div class="spans">' not in text(visitor, "/artists")
    assert 'aria-label="Works by year, 18' in text(visitor, f"/artists/{SLUGS[1]}")


def test_the_page_of_an_artist_shows_their_colours(visitor: FlaskClient) -> None:
    def colours(page: str) -> list[tuple[int, ...]]:
        inside = text(visitor, page).partition('<figure class="palette">')[2].partition("</figure>")[0]
        return [tuple(bytes.fromhex(each)) for each in re.findall(r'fill="#([0-9a-f]{6})"', inside)]

    (red,) = colours(f"/artists/{SLUGS[0]}")
    (blue,) = colours(f"/artists/{SLUGS[1]}")
    assert np.abs(np.subtract(red, RED)).max() < 30 and np.abs(np.subtract(blue, BLUE)).max() < 30
    assert len(colours("/movements/tides")) == 2
    assert not colours(f"/artists/{SLUGS[0]}?from=1800")


def test_without_portraits_pages_say_so_and_go_by_name(exhibition: Exhibition, tmp_path: Path) -> None:
    own = exhibition.copy(tmp_path / "gallery")
    for content in (b"", b"PK\x03\x04 not one", b"{}"):
        own.settings().portraits_file.write_bytes(content)
        with closing(open_store(own.settings())) as held:
            client = create_app(own.settings(), held).test_client()
            html = text(client, "/artists?sort=typical")
            assert shown(html) == sorted(SLUGS) and "not known before works are indexed again" in html
            page = text(client, f"/artists/{SLUGS[0]}?sort=typical")
            assert "not known before works are indexed again" in page and "palette" not in page
            assert read(own.settings().portraits_file) is None


def test_portraits_of_another_model_are_not_shown(own: Exhibition, store: ArtworkStore, tmp_path: Path) -> None:
    copy = own.copy(tmp_path / "gallery")
    with closing(open_store(copy.settings(), anew=True)) as held:
        held.prepare(replace(CARD, weights_sha256="cd" * 32))
        held.add(own.works, {CONTENT: random_vectors(len(own.works))})
        client = create_app(copy.settings(), held).test_client()
        assert "not known before works are indexed again" in text(client, "/artists?sort=typical")
