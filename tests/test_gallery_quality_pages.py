"""The pages of the desk of quality: who may what, what makes no sense, and what is drawn."""

import os
from pathlib import Path

import pytest
from curators import HUGE, signed_in, token
from faulty import KINDS, hang_faulty, record_id, waiting
from flask import Flask
from holdings import Holding

from gallery.app import create_app
from scraper.settings import ScraperSettings

LIMITS = ScraperSettings(_env_file=None)

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hang_faulty(tmp_path_factory.mktemp("hung"))


PAGES = [
    ("/admin/quality", "GET"),
    ("/admin/quality?notes=1", "GET"),
    ("/admin/quality/{finding}", "GET POST"),
    ("/admin/quality/{finding}/crop", "POST"),
    ("/admin/quality/replace", "POST"),
    ("/admin/quality/undo", "POST"),
    ("/admin/quality/look", "POST"),
]


@pytest.mark.parametrize(("path", "methods"), PAGES, ids=[path for path, _ in PAGES])
def test_the_matrix_of_each_page(shared_site: Flask, shared: Holding, path: str, methods: str) -> None:
    curator, stranger = signed_in(shared_site, "Cleo"), shared_site.test_client()
    here = path.format(finding=waiting(shared)["frame"].id)
    for method in methods.split():
        answer = stranger.open(here, method=method, data={"csrf_token": token(stranger, "/login")})
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
    for method in {"PUT", "DELETE"}:
        assert curator.open(here, method=method, data={"csrf_token": token(curator)}).status_code == 405
    if "GET" in methods:
        page = curator.get(here)
        assert page.status_code == 200 and 'content="noindex"' in page.text
        assert page.headers["Cache-Control"] == "no-store" and "style=" not in page.text
    if "POST" in methods:
        assert "no longer valid" in curator.post(here).text and curator.post(here).status_code == 400
    for bad in (str(HUGE), "999999", "-1", "x"):
        wrong = path.format(finding=bad)
        if wrong != path:
            assert "GET" not in methods or curator.get(wrong).status_code == 404
            sent = {"csrf_token": token(curator), "verdict": "fine"}
            assert not methods.endswith("POST") or curator.post(wrong, data=sent).status_code == 404
    assert waiting(shared).keys() == KINDS


@pytest.mark.parametrize("query", ["kind=x", "after=x", "after=1", "after=nan~1", "after=1~x", "after=1~99999999999"])
def test_addresses_that_make_no_sense_are_refused(shared_site: Flask, query: str) -> None:
    assert signed_in(shared_site, "Cleo").get(f"/admin/quality?{query}").status_code == 400


def test_forms_that_are_not_ours_are_refused(shared_site: Flask, shared: Holding) -> None:
    curator = signed_in(shared_site, "Cleo")
    sent = {"csrf_token": token(curator)}
    here = f"/admin/quality/{waiting(shared)['frame'].id}"
    assert curator.post(here, data=sent).status_code == 400
    assert curator.post(here, data=sent | {"verdict": "cropped"}).status_code == 400
    for wrong in ({"left": "x"}, {"left": "nan"}, {"left": "-1"}, {"left": "60", "right": "40"}, {"left": "1e2"}):
        assert curator.post(f"{here}/crop", data=sent | wrong).status_code == 400
        assert curator.get(here, query_string=wrong).status_code == 400
    blurred = waiting(shared)["blurry"].id
    assert curator.post("/admin/quality/replace", data=sent | {"finding": "x"}).status_code == 400
    page = curator.post("/admin/quality/replace", data=sent | {"finding": str(blurred)}, follow_redirects=True)
    assert "Choose a picture first" in page.text
    assert curator.post(f"/admin/quality/{blurred}/crop", data=sent).status_code == 400
    assert curator.post("/admin/quality/undo", data=sent | {"act": "x"}).status_code == 400
    asked = {"Accept": "application/json"}
    assert curator.post("/admin/quality/undo", data=sent | {"act": "77"}, headers=asked).status_code == 409
    assert curator.post("/admin/quality/undo", data=sent | {"act": "77"}).status_code == 303
    assert waiting(shared).keys() == KINDS


def test_a_crop_is_shown_before_it_is_made_and_a_cropped_picture_has_another_address(holding: Holding) -> None:
    app = create_app(holding.settings, holding.store, holding.database)
    curator, finding = signed_in(app, "Cleo"), waiting(holding)["border"]
    here = f"/admin/quality/{finding.id}"
    page = curator.get(f"{here}?left=10&top=20&right=0&bottom=5").text
    assert "M100.0 200.0H1000.0V950.0H100.0Z" in page and 'name="top" value="20.0"' in page and "What is left" in page
    assert waiting(holding).keys() == KINDS
    sent = {"csrf_token": token(curator), "left": "10", "top": "20", "right": "", "bottom": "5"}
    assert curator.post(f"{here}/crop", data=sent, headers={"Accept": "application/json"}).json["said"][:7] == "Cropped"
    address = f"/artworks/{record_id(holding, 'border')}"
    assert "part=" not in curator.get(address).text
    holding.index()
    assert ".webp?part=1000-2000-10000-9500" in curator.get(address).text
    with curator.get(f"/pictures/{finding.sha256}/480.webp?part=1000-2000-10000-9500") as picture:
        assert picture.status_code == 200


def test_the_queue_goes_on_to_the_next_and_draws_what_was_found(holding: Holding) -> None:
    app = create_app(holding.settings, holding.store, holding.database)
    curator = signed_in(app, "Cleo")
    page = curator.get("/admin/quality").text
    assert page.count('class="case"') == 3 and page.count("<svg") == 2 and "A border of one colour" in page
    first, second = waiting(holding)["border"], waiting(holding)["frame"]
    sent = {"csrf_token": token(curator), "verdict": "fine", "onward": "1"}
    answer = curator.post(f"/admin/quality/{first.id}", data=sent)
    assert answer.status_code == 303 and answer.location.endswith(f"/{second.id}")
    assert "has been decided" in curator.get(f"/admin/quality/{first.id}").text
    assert os.fspath(answer.location) in curator.get(answer.location).request.path
