"""The report's pages of the desk: asked for with a button, made as a job, shown, and sent as a file."""

import re
from collections.abc import Iterator
from contextlib import closing
from threading import Event

import pytest
from exhibition import Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.errors import StageFailed
from gallery.jobs.board import Board
from gallery.jobs.kinds import KINDS, Shop, Task
from gallery.jobs.reporting import report
from gallery.models.jobs import Job, job_by_id
from indexer.store import ArtworkStore, open_store
from scraper.settings import ScraperSettings

GOOD = "seven brass lanterns"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def own(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    return exhibition.copy(tmp_path_factory.mktemp("own"))


@pytest.fixture
def store(own: Exhibition) -> Iterator[ArtworkStore]:
    with closing(open_store(own.settings())) as store:
        yield store


@pytest.fixture
def app(own: Exhibition, store: ArtworkStore, sqlite: Database) -> Flask:
    people.add(sqlite, "Ada", GOOD, "admin")
    people.add(sqlite, "Cleo", GOOD, "curator")
    return create_app(own.settings(), store, sqlite)


@pytest.fixture
def curator(app: Flask) -> FlaskClient:
    return signed_in(app, "Cleo")


def signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/login", data={"name": name, "password": GOOD, "csrf_token": token(client, "/login")})
    return client


def token(client: FlaskClient, page: str = "/admin/report") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def made(own: Exhibition, store: ArtworkStore, database: Database, *, stop: bool = False) -> tuple[str | None, Board]:
    """Do what a worker does with a job of this kind."""
    with database.writing() as session:
        job = Job(kind="report", asked={})
        session.add(job)
    board = Board(database, job, "tests", Event())
    if stop:
        board.stop.set()
    shop = Shop(own.settings(), ScraperSettings(), database, store, None, "tests", Event())  # type: ignore[arg-type]
    assert KINDS["report"].stages[0].load() is report
    return report(Task(shop, job, board, "report")), board


def marks(own: Exhibition) -> list[str]:
    return sorted(path.stem for path in own.settings().reports_dir.glob("*.json"))


def test_a_curator_asks_for_a_report_and_sees_it(
    curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    assert "No report has been made yet" in curator.get("/admin/report").text
    asked = curator.post("/admin/report", data={"csrf_token": token(curator)})
    assert (asked.status_code, asked.location) == (303, "/admin/report")
    with sqlite.reading() as session:
        job = job_by_id(session, 1)
    assert job and (job.kind, job.state) == ("report", "queued")
    remark, board = made(own, store, sqlite)
    assert remark is None and "A report of 40 works." in board.values()["log"]
    page = curator.get("/admin/report")
    assert page.headers["Cache-Control"] == "no-store" and "<h2>What is in</h2>" in page.text
    # Hubs are shown as pictures that lead to their pages.
    link = re.search(r'href="(/artworks/[0-9a-f-]{36})"><img src="(/pictures/[0-9a-f]{64}/240.webp)"', page.text)
    assert link and {curator.get(address, buffered=True).status_code for address in link.groups()} == {200}
    assert "Gini of how often works come" in page.text and 'class="line l0"' in page.text
    # By its mark and by its day the same is shown.
    [mark] = marks(own)
    for address in (mark, mark[:10]):
        assert f"Made on {int(mark[8:10])} " in curator.get(f"/admin/report/{address}").text


def test_the_file_is_sent_whole(curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database) -> None:
    made(own, store, sqlite)
    [mark] = marks(own)
    answer = curator.get(f"/admin/report/{mark}/file")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="collection-{mark}.html"'
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/html", "no-store")
    assert answer.text.startswith("<!doctype html>") and answer.text.rstrip().endswith("</html>")
    assert not re.search(r'<[^>]+(?:src|href)="(?!data:|#)', answer.text) and "<script" not in answer.text


def test_a_work_that_is_gone_is_told_without_a_picture(
    curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    made(own, store, sqlite)
    for path in own.settings().thumbnails_dir.glob("??/*-240.webp"):
        path.unlink()
    page = curator.get("/admin/report").text
    assert "not shown now" in page and "/artworks/" not in page.partition("<h2>What is in</h2>")[2]


PAGES = {
    "/admin/report": "GET POST",
    "/admin/report/{mark}": "GET",
    "/admin/report/{mark}/file": "GET",
}


@pytest.mark.parametrize(("path", "methods"), PAGES.items(), ids=list(PAGES))
def test_the_matrix_of_each_page(
    app: Flask, curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database, path: str, methods: str
) -> None:
    made(own, store, sqlite)
    here = path.format(mark=marks(own)[0])
    stranger = app.test_client()
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = curator.open(here, method=method, data={"csrf_token": token(curator)} if method == "PUT" else None)
        data = {"csrf_token": token(stranger, "/login")}
        foreign = stranger.open(here, method=method, data=data if method != "GET" else None)
        if method not in methods.split():
            assert answer.status_code == 405, method
            continue
        assert answer.status_code == (200 if method == "GET" else 400), method
        assert foreign.status_code == 302 and "/login" in foreign.location, method
    if "{mark}" in path:
        for wrong in ("2026-99-99", "nothing", "1", "2026-11-25T999999Z", "..", "%2e%2e", "<b>x</b>"):
            missing = curator.get(path.format(mark=wrong))
            assert missing.status_code == 404 and "<b>x</b>" not in missing.text, wrong


def test_no_report_means_no_page_and_no_file(curator: FlaskClient) -> None:
    for page in ("/admin/report/2026-11-25", "/admin/report/2026-11-25/file"):
        answer = curator.get(page)
        assert answer.status_code == 404 and "No report has been made" in answer.text


def test_an_admin_is_led_to_the_job(app: Flask) -> None:
    admin = signed_in(app, "Ada")
    asked = admin.post("/admin/report", data={"csrf_token": token(admin)})
    assert asked.status_code == 303 and asked.location.endswith("/admin/jobs/1")
    assert "Report" in admin.get(asked.location).text


def test_too_many_are_refused_in_a_sentence(curator: FlaskClient) -> None:
    for _ in range(11):
        curator.post("/admin/report", data={"csrf_token": token(curator)})
    assert "You have asked for 10 of these in the last hour" in curator.get("/admin/report").text


def test_a_damaged_report_is_said_to_be_and_the_one_before_is_shown(
    curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    made(own, store, sqlite)
    made(own, store, sqlite)
    first, second = marks(own)
    (own.settings().reports_dir / f"{second}.json").write_text("{")
    for page in ("/admin/report", f"/admin/report/{second}"):
        text = curator.get(page).text
        assert f"{second}.json: it is not what was written. It is left out" in text
        assert f'href="/admin/report/{first}/file"' in text


def test_a_job_that_is_stopped_or_finds_no_room_keeps_nothing(
    own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    assert made(own, store, sqlite, stop=True)[0] is None
    assert marks(own) == []
    own.settings().reports_dir.joinpath("works.new").mkdir()
    with pytest.raises(StageFailed, match="then make the report again"):
        made(own, store, sqlite)
    assert marks(own) == []
