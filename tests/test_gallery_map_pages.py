"""The map's pages: the picture with links, tiles, what the script asks for, and picking."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from charted import EVERYTHING, cells_of, mark_of, text
from exhibition import Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.assets import IMMUTABLE
from gallery.browse.atlas_view import view_of
from gallery.chart import contained, outline_of, shelf
from indexer.store import open_store


@pytest.fixture(scope="module")
def site(mapped: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    own = mapped.copy(tmp_path_factory.mktemp("map-site"))
    with closing(open_store(own.settings())) as store:
        yield create_app(own.settings(), store)


def test_without_scripts_the_whole_map_fills_its_place(site: Flask) -> None:
    with site.app_context():
        chart = shelf().now()
    assert chart is not None
    view = view_of(chart, 0)
    x, y, width, height = view.box
    corners = [view.pixel(place) for place in chart.pyramid.works]
    assert x == min(across for across, _ in corners) - view.cell
    assert y == min(down for _, down in corners) - view.cell
    assert x + width == max(across for across, _ in corners) + 2 * view.cell
    assert y + height == max(down for _, down in corners) + 2 * view.cell
    assert f'viewBox="{x} {y} {width} {height}"' in site.test_client().get("/map?z=0").text


# The page


def test_without_scripts_the_map_is_a_picture_whose_parts_lead_to_every_work(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    html = text(visitor, "/map")
    assert "40 works, alike ones near each other" in html
    for address in set(re.findall(r'<image href="([^"]+)"', html)):
        assert visitor.get(address).mimetype == "image/webp"
    seen, waiting, met = set[str](), ["/map"], {"/map"}
    while waiting:
        page = text(visitor, waiting.pop())
        seen |= set(re.findall(r'<a href="/artworks/([0-9a-f-]{36})" aria-label', page))
        found = {link.replace("&amp;", "&") for link in re.findall(r'href="(/map\?z=[^"]+)"', page)}
        waiting += found - met
        met |= found
    assert seen == {work.id for work in exhibition.works}


def test_a_search_is_marked_in_the_picture_and_leads_to_its_list(visitor: FlaskClient) -> None:
    html = text(visitor, "/map?q=brandt")
    assert "10 works highlighted" in html
    assert html.count('class="hit') == 10
    assert 'href="/search?q=brandt"' in html


@pytest.mark.parametrize(
    "asked", ["z=x", "z=-1", "left=1.5", "top=999999", "z=", "q=" + "a" * 201, "from=soon", "left=%00", "z=٣"]
)
def test_what_makes_no_sense_is_refused(asked: str, visitor: FlaskClient) -> None:
    assert "<h1" in text(visitor, f"/map?{asked}", 400)


@pytest.mark.parametrize("asked", ["left=99&top=99", "z=0", "z=99&left=99999", "z=3&left=0&top=99999"])
def test_a_window_beyond_the_map_is_kept_within(asked: str, visitor: FlaskClient) -> None:
    assert '<svg class="map-still"' in text(visitor, f"/map?{asked}")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize(
    "page",
    ["/map", "/map/x/cells", "/map/x/0/0/0.webp", "/map/at/1/1", "/map/works", "/map/find", "/map/selection.csv"],
)
def test_pages_are_only_read(page: str, method: str, visitor: FlaskClient) -> None:
    assert getattr(visitor, method)(page).status_code == 405


def test_other_pages_carry_nothing_of_the_map(visitor: FlaskClient) -> None:
    for page in ("/", "/search", "/about"):
        assert "leaflet" not in text(visitor, page)
        assert "map.js" not in text(visitor, page)
    html = text(visitor, "/map")
    assert not re.search(r"<script(?! src=)|<style|style=|onload=", html)


# Tiles and what the script asks for


def test_a_tile_is_kept_for_ever_under_the_maps_mark_and_asked_for_again_under_another(
    visitor: FlaskClient, site: Flask
) -> None:
    answer = visitor.get(f"/map/{mark_of(site)}/0/0/0.webp")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == IMMUTABLE
    old = visitor.get("/map/of-yesterday/0/0/0.webp")
    assert (old.data, old.headers["Cache-Control"]) == (answer.data, "no-cache")
    again = visitor.get("/map/of-yesterday/0/0/0.webp", headers={"If-None-Match": old.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("place", ["0/1/0", "9/0/0", "99999/0/0", "0/0/99999999999999999999"])
def test_where_the_map_has_nothing_there_is_no_tile(place: str, visitor: FlaskClient) -> None:
    assert visitor.get(f"/map/x/{place}.webp").status_code == 404


@pytest.mark.parametrize("place", ["-1/0/0", "x/0/0", "0/0/0.png", "../../etc/passwd"])
def test_an_address_that_is_no_tiles_is_not_there(place: str, visitor: FlaskClient) -> None:
    assert visitor.get(f"/map/x/{place}.webp").status_code == 404


def test_the_cells_are_those_of_the_works(visitor: FlaskClient, site: Flask) -> None:
    packed = visitor.get(f"/map/{mark_of(site)}/cells").data
    pairs = [int.from_bytes(packed[at : at + 2], "little") for at in range(0, len(packed), 2)]
    assert sorted(zip(pairs[::2], pairs[1::2], strict=True)) == sorted(cells_of(site).values())


def test_a_cell_leads_to_its_work_and_works_are_named(
    visitor: FlaskClient, site: Flask, exhibition: Exhibition
) -> None:
    cells = cells_of(site)
    for work in exhibition.works[:3]:
        column, row = cells[work.id]
        assert visitor.get(f"/map/at/{column}/{row}").location == f"/artworks/{work.id}"
        (told,) = visitor.get(f"/map/works?at={column}.{row}").get_json()
        assert (told["title"], told["url"]) == (work.title, f"/artworks/{work.id}")
        assert visitor.get(told["picture"]).mimetype == "image/webp"
    empty = next((x, 0) for x in range(9999) if (x, 0) not in cells.values())
    assert visitor.get(f"/map/at/{empty[0]}/0").status_code == 404
    assert visitor.get(f"/map/works?at={empty[0]}.0").get_json() == []
    assert len(visitor.get("/map/works?" + "&".join(f"at={x}.{y}" for x, y in cells.values())).get_json()) == 40


@pytest.mark.parametrize("asked", ["at=1", "at=1.x", "at=-1.2", "at=1.2.3", "at=", "&".join(["at=1.1"] * 201)])
def test_cells_that_are_none_are_refused(asked: str, visitor: FlaskClient) -> None:
    assert visitor.get(f"/map/works?{asked}").status_code == 400


def test_what_is_searched_for_is_found_by_its_cells(visitor: FlaskClient, site: Flask, exhibition: Exhibition) -> None:
    cells = cells_of(site)
    wanted = sorted(list(cells[work.id]) for work in exhibition.works if work.artist == "Émile Brandt")
    assert sorted(visitor.get("/map/find?q=brandt").get_json()) == wanted
    assert visitor.get("/map/find?q=zebra").get_json() == []
    assert visitor.get("/map/find?from=soon").status_code == 400


def test_an_artworks_page_leads_to_its_place(visitor: FlaskClient, site: Flask, exhibition: Exhibition) -> None:
    for work in exhibition.works[:4]:
        found = re.search(r'href="(/map\?z=[^"]+)"', text(visitor, f"/artworks/{work.id}"))
        assert found
        column, row = cells_of(site)[work.id]
        address, _, view = found[1].replace("&amp;", "&").partition("#")
        assert view.partition("/")[2] == f"{column + 0.5}/{row + 0.5}"
        assert f'href="/artworks/{work.id}"' in text(visitor, address)


# Picking


def test_an_outline_lists_what_lies_within_and_gives_it_as_csv(
    visitor: FlaskClient, site: Flask, exhibition: Exhibition
) -> None:
    cells = cells_of(site)
    work = exhibition.works[7]
    column, row = cells[work.id]
    around = f"{column},{row} {column + 1},{row} {column + 1},{row + 1} {column},{row + 1}"
    html = text(visitor, f"/map/selection?within={around}")
    assert "<p>1 work</p>" in html
    assert f'href="/artworks/{work.id}"' in html
    answer = visitor.get(f"/map/selection.csv?within={EVERYTHING}")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/csv", "no-store")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert rows.keys() == cells.keys()
    assert rows[work.id]["licence"] == work.licence
    assert rows[work.id]["url"] == f"http://localhost/artworks/{work.id}"
    assert text(visitor, f"/map/selection?within={EVERYTHING}").count("like=") == 12


def test_what_lies_within_an_outline_is_narrowed_as_any_listing_and_so_is_its_table(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    html = text(visitor, f"/map/selection?within={EVERYTHING}&narrow=1")
    assert "<h2>Movement</h2>" in html and "movement=Tides" in html
    tides = {work.id for work in exhibition.works if work.movement == "Tides"}
    assert f"<p>{len(tides)} works</p>" in text(visitor, f"/map/selection?within={EVERYTHING}&movement=Tides")
    table = visitor.get(f"/map/selection.csv?within={EVERYTHING}&movement=Tides").text
    assert {row["id"] for row in csv.DictReader(io.StringIO(table))} == tides
    assert "No work within this outline matches" in text(visitor, f"/map/selection?within={EVERYTHING}&tag=none")


def test_an_outline_with_nothing_in_it_says_so(visitor: FlaskClient) -> None:
    nowhere = "900,900 901,900 901,901"
    assert "Nothing hangs within this outline" in text(visitor, f"/map/selection?within={nowhere}")
    assert visitor.get(f"/map/selection.csv?within={nowhere}").text.startswith("id,url,title")
    text(visitor, f"/map/selection?within={nowhere}&page=2", 404)


@pytest.mark.parametrize(
    "outline",
    ["", "1,1", "1,1 2,2", "1,1 2,2 x", "1,1 2,2 3", "nan,1 2,2 3,3", "1e9,1 2,2 3,3", "1,1  2,2 3,3", "1,1 " * 300],
)
def test_an_outline_that_is_none_is_refused(outline: str, visitor: FlaskClient) -> None:
    assert outline_of(outline) is None
    for page in ("selection", "selection.csv"):
        assert visitor.get(f"/map/{page}", query_string={"within": outline}).status_code == 400


def test_what_lies_within_an_outline_is_told_by_the_even_odd_rule() -> None:
    star = outline_of("0,0 10,0 0,10 10,10")
    points = outline_of("5,1 5,9 1,5 9,5 -3,5")
    assert star is not None
    assert points is not None
    assert contained(points, star).tolist() == [True, True, False, False, False]
