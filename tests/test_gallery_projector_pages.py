"""The projector's page of the desk: asked for with a button, done as a job, downloaded as a zip."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from curators import GOOD, token
from exhibition import Exhibition
from flask.testing import FlaskClient

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.errors import QueueUnavailable
from gallery.jobs import projecting
from gallery.jobs.board import Board
from gallery.jobs.holding import queue
from gallery.jobs.kinds import KINDS, Shop, Task
from gallery.models.jobs import job_by_id
from indexer.errors import ExportUnwritable
from indexer.store import ArtworkStore, open_store
from scraper.settings import ScraperSettings

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def own(exhibition: Exhibition, tmp_path: Path) -> Exhibition:
    return exhibition.copy(tmp_path / "data")


@pytest.fixture
def store(own: Exhibition) -> Iterator[ArtworkStore]:
    with closing(open_store(own.settings())) as store:
        yield store


@pytest.fixture
def admin(own: Exhibition, store: ArtworkStore, sqlite: Database) -> FlaskClient:
    people.add(sqlite, "Ada", GOOD, "admin")
    client = create_app(own.settings(), store, sqlite).test_client()
    assert client.post("/login", data={"name": "Ada", "password": GOOD, "csrf_token": token(client, "/login")})
    return client


def task_for(own: Exhibition, store: ArtworkStore, database: Database, job_id: int) -> Task:
    with database.reading() as session:
        job = job_by_id(session, job_id)
    assert job is not None
    board = Board(database, job, "tests", Event())
    shop = Shop(own.settings(), ScraperSettings(), database, store, None, "tests", Event())  # type: ignore[arg-type]
    return Task(shop, job, board, "project")


def ask(admin: FlaskClient) -> int:
    answer = admin.post("/admin/projector", data={"csrf_token": token(admin, "/admin/projector")})
    assert answer.status_code == 303, answer.text
    assert "Projector export" in admin.get(answer.location).text
    return int(answer.location.rsplit("/", 1)[1])


def test_an_export_is_asked_for_made_and_downloaded(
    admin: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    assert "Nothing has been exported yet" in admin.get("/admin/projector").text
    assert admin.get("/admin/projector/download").status_code == 404
    task = task_for(own, store, sqlite, ask(admin))
    assert KINDS["projector"].stages[0].load()(task) is None
    assert task.board.progress["project"]["done"] == 40
    assert "Export again" in admin.get("/admin/projector").text
    answer = admin.get("/admin/projector/download", buffered=True)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/zip", "no-store")
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        assert {"projector/metadata.tsv", "projector/sprite.png", "projector/projector_config.pbtxt"} <= set(
            packed.namelist()
        )


def test_visitors_are_sent_to_sign_in_and_curators_refused(own: Exhibition, admin: FlaskClient) -> None:
    stranger = admin.application.test_client()
    for page in ("/admin/projector", "/admin/projector/download"):
        assert "/login" in stranger.get(page).location
    assert stranger.post("/admin/projector").status_code in (302, 400)


def test_a_form_without_its_token_asks_for_nothing(admin: FlaskClient, sqlite: Database) -> None:
    assert admin.post("/admin/projector", data={}).status_code == 400
    with sqlite.reading() as session:
        assert job_by_id(session, 1) is None


def test_a_job_that_is_stopped_leaves_the_earlier_export(
    admin: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    task = task_for(own, store, sqlite, ask(admin))
    projecting.project(task)
    before = projecting.zip_of(own.settings()).read_bytes()
    task.board.stop.set()
    assert projecting.project(task) is None
    assert projecting.zip_of(own.settings()).read_bytes() == before
    left = {path.name for path in own.settings().derived_dir.iterdir()}
    assert left == {"thumbnails", "projector", "projector.zip"}


def test_a_zip_that_cannot_be_written_says_where(
    admin: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    task = task_for(own, store, sqlite, ask(admin))
    projecting.zip_of(own.settings()).mkdir()
    with pytest.raises(ExportUnwritable, match=r"projector\.zip"):
        projecting.project(task)
    left = {path.name for path in own.settings().derived_dir.iterdir()}
    assert left == {"thumbnails", "projector", "projector.zip"}


def test_too_many_jobs_are_refused_on_the_page(admin: FlaskClient) -> None:
    for _ in range(10):
        ask(admin)
    answer = admin.post("/admin/projector", data={"csrf_token": token(admin, "/admin/projector")})
    assert answer.status_code == 409
    assert 'class="problem" role="alert"' in answer.text


def test_a_queue_out_of_reach_lets_the_job_wait(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with admin.application.app_context():
        held = queue()

    def gone(*arguments: object) -> None:
        raise QueueUnavailable("redis", "down")

    monkeypatch.setattr(held, "put", gone)
    assert ask(admin) == 1
