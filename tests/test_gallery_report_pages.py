"""The report's pages of the desk: asked for with a button, made as a job, shown, and sent as a file."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from curators import signed_in, staffed, token
from exhibition import Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.admin import report_desk
from gallery.app import create_app
from gallery.db import Database
from gallery.errors import StageFailed
from gallery.jobs.board import Board
from gallery.jobs.clock import ask_when_due
from gallery.jobs.kinds import KINDS, Shop, Task
from gallery.jobs.queue import JobQueue
from gallery.jobs.reporting import report
from gallery.models.jobs import Job, job_by_id, job_page
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore
from scraper.errors import ConfigError
from scraper.settings import ScraperSettings


@pytest.fixture(scope="module")
def staff(template_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("staff")
    shutil.copyfile(template_file, folder / "db.sqlite3")
    with staffed(folder) as database:
        yield database


@pytest.fixture(scope="module")
def app(own: Exhibition, collection: ArtworkStore, staff: Database) -> Flask:
    return create_app(own.settings(), collection, staff)


@pytest.fixture(scope="module")
def curator(app: Flask) -> FlaskClient:
    return signed_in(app)


@pytest.fixture(autouse=True)
def sqlite(staff: Database, store: ArtworkStore) -> Iterator[Database]:
    """The ledger of the file, which the next test finds without jobs; the gallery is put back too."""
    yield staff
    with staff.writing() as session:
        session.query(Job).delete()


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
    link = re.search(r'href="(/artworks/[0-9a-f-]{36})"[^>]*><img src="(/pictures/[0-9a-f]{64}/240.webp)"', page.text)
    assert link and {curator.get(address, buffered=True).status_code for address in link.groups()} == {200}
    # The title beside a picture is the link that is read out.
    assert not re.search(r'<a href="[^"]*">\s*<img', page.text)
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
    folder = own.settings().thumbnails_dir
    aside = folder.rename(folder.with_name("aside"))
    try:
        page = curator.get("/admin/report").text
    finally:
        aside.rename(folder)
    assert "not shown now" in page and "/artworks/" not in page.partition("<h2>What is in</h2>")[2]


PAGES = {
    "/admin/report": "GET POST",
    "/admin/report/{mark}": "GET",
    "/admin/report/{mark}/file": "GET",
    "/admin/report/{mark}/never-shown": "GET",
    "/admin/report/{mark}..{mark}": "GET",
    "/admin/report/{mark}..{mark}/file": "GET",
    "/admin/report/{mark}..{mark}/added": "GET",
    "/admin/report/{mark}..{mark}/surfaced": "GET",
    "/admin/report/compare?since={mark}&until={mark}": "GET",
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
        asked = 302 if "compare" in path else 200
        assert answer.status_code == (asked if method == "GET" else 400), method
        assert foreign.status_code == 302 and "/login" in foreign.location, method
    if "{mark}" in path:
        for wrong in ("2026-99-99", "nothing", "1", "2026-11-25T999999Z", "..", "%2e%2e", "<b>x</b>"):
            missing = curator.get(path.format(mark=wrong))
            refused = (400, 404) if "compare" in path else (404,)
            assert missing.status_code in refused and "<b>x</b>" not in missing.text, wrong


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


def test_the_clock_asks_for_a_report_once_in_its_minute(own: Exhibition, store: ArtworkStore, sqlite: Database) -> None:
    for when, kinds in (("", []), ("0 0 31 2 *", []), ("* * * * *", ["report"])):
        settings = own.settings(report_cron=when)
        shop = Shop(settings, ScraperSettings(), sqlite, store, JobQueue(settings), "tests", Event())
        ask_when_due(shop)
        ask_when_due(shop)
        with sqlite.reading() as session:
            assert [job.kind for job in job_page(session, 1, 9, None, None).jobs] == kinds
    with pytest.raises(ConfigError, match="GALLERY_REPORT_CRON"):
        GallerySettings(data_dir=own.data_dir, report_cron="often")


def test_a_job_that_is_stopped_or_finds_no_room_keeps_nothing(
    own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    assert made(own, store, sqlite, stop=True)[0] is None
    assert marks(own) == []
    own.settings().reports_dir.joinpath("works.new").mkdir()
    with pytest.raises(StageFailed, match="then make the report again"):
        made(own, store, sqlite)
    assert marks(own) == []


def test_two_reports_are_compared_by_address_and_by_form(
    curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    made(own, store, sqlite)
    store.delete([own.works[0].id])
    store.set_fields({own.works[1].id: {"title": "<b>bold</b>"}})
    made(own, store, sqlite)
    first, second = marks(own)
    page = curator.get(f"/admin/report/{first}..{second}").text
    assert "What has changed" in page and "&lt;b&gt;bold&lt;/b&gt;" in page and "<b>bold" not in page
    assert f"/admin/report/{first}..{second}/file" in page
    listed = curator.get(f"/admin/report/{first}..{second}/relabelled").text
    assert f"{own.works[1].title} → &lt;b&gt;bold&lt;/b&gt;" in listed
    assert "There are none." in curator.get(f"/admin/report/{first}..{second}/added").text
    form = curator.get(f"/admin/report/compare?since={first[:10]}&until={second[:10]}")
    assert form.location == f"/admin/report/{first[:10]}..{second[:10]}"
    assert "there is nothing to compare" in curator.get(form.location).text
    earlier = curator.get(f"/admin/report/2020-01-01..{second}").text
    assert "No report had been made by 1 Jan 2020: this is the first" in earlier
    assert curator.get("/admin/report/compare?since=&until=").status_code == 400
    overview = curator.get("/admin/report").text
    assert f'href="/admin/report/{first}..{second}">what changed' in overview and 'type="date"' in overview


def test_lists_of_works_have_pages_and_no_more_than_there_are(
    curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_desk, "SIZE", 3)
    made(own, store, sqlite)
    store.delete([work.id for work in own.works[:5]])
    made(own, store, sqlite)
    first, second = marks(own)
    gone = f"/admin/report/{first}..{second}/removed"
    assert (curator.get(gone).text.count("<li>"), curator.get(f"{gone}?page=2").text.count("<li>")) == (3, 2)
    for bad, status in (("page=3", 404), ("page=0", 400), ("page=x", 400)):
        assert curator.get(f"{gone}?{bad}").status_code == status
    for address in (f"{first}/added", f"{first}..{second}/never-shown", f"{first}..{second}/nothing", f"{first}/x"):
        assert curator.get(f"/admin/report/{address}").status_code == 404
    for path in own.settings().reports_dir.glob("*.works.gz"):
        path.write_bytes(b"damaged")
    broken = curator.get(gone)
    assert broken.status_code == 404 and "list of works is damaged" in broken.text
    assert "Works cannot be compared one by one" in curator.get(f"/admin/report/{first}..{second}").text


def test_a_damaged_list_of_what_is_withdrawn_is_said_in_place_of_reasons(
    curator: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    made(own, store, sqlite)
    store.delete([own.works[0].id])
    made(own, store, sqlite)
    first, second = marks(own)
    own.settings().library_dir.mkdir(exist_ok=True)
    (own.settings().library_dir / "withdrawn.jsonl").write_text("torn")
    page = curator.get(f"/admin/report/{first}..{second}")
    assert page.status_code == 200 and "a line of it is damaged" in page.text and "Works that went" in page.text
    assert curator.get(f"/admin/report/{first}..{second}/removed").status_code == 200
