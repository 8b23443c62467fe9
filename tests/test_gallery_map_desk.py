"""The map as works come and go: jobs that lay it out, what is hidden, and the desk's button."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from charted import EVERYTHING, cells_of, mark_of, text
from curators import GOOD, token
from exhibition import NOT_THERE, Exhibition, draw
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gallery.accounts import people
from gallery.app import create_app
from gallery.catalogue import store as store_of
from gallery.db import Database
from gallery.errors import StageFailed
from gallery.holdings.house import House
from gallery.holdings.removal import clear_away
from gallery.jobs.arranging import arrange
from gallery.jobs.board import Board
from gallery.jobs.kinds import KINDS, Shop, Task
from gallery.jobs.queue import JobQueue
from gallery.models.jobs import job_by_id, unended
from indexer.atlas.keeping import MapHome
from indexer.portraits.file import read
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Artwork
from scraper.settings import ScraperSettings


@pytest.fixture
def own(mapped: Exhibition, tmp_path: Path) -> Exhibition:
    return mapped.copy(tmp_path / "data")


@pytest.fixture
def store(own: Exhibition) -> Iterator[ArtworkStore]:
    with closing(open_store(own.settings())) as store:
        yield store


@pytest.fixture
def admin(own: Exhibition, store: ArtworkStore, sqlite: Database, cheap_hashes: None) -> FlaskClient:
    people.add(sqlite, "Ada", GOOD, "admin")
    people.add(sqlite, "Bo", GOOD + " too", "curator")
    client = create_app(own.settings(map_after=2), store, sqlite).test_client()
    sign_in(client, "Ada", GOOD)
    return client


def sign_in(client: FlaskClient, name: str, password: str) -> TestResponse:
    return client.post("/login", data={"name": name, "password": password, "csrf_token": token(client, "/login")})


def task_for(client: FlaskClient, database: Database, job_id: int, stage: str) -> Task:
    app = client.application
    with database.reading() as session:
        job = job_by_id(session, job_id)
    assert job is not None
    with app.app_context():
        held = store_of()
    settings = app.config["GALLERY"]
    shop = Shop(settings, ScraperSettings(), database, held, JobQueue(settings), "tests", Event())
    return Task(shop, job, Board(database, job, "tests", Event()), stage)


def ask(admin: FlaskClient) -> int:
    answer = admin.post("/admin/map", data={"csrf_token": token(admin, "/admin/map")})
    assert answer.status_code == 303, answer.text
    assert "Map" in admin.get(answer.location).text
    return int(answer.location.rsplit("/", 1)[1])


def test_before_there_is_a_map_the_page_says_how_it_is_made(
    admin: FlaskClient, own: Exhibition, sqlite: Database
) -> None:
    home = MapHome(own.settings().map_dir, own.settings().thumbnails_dir)
    for content in (None, "damaged"):
        home.file.unlink() if content is None else home.file.write_text(content)
        assert "gallery map" in text(admin, "/map")
        assert "Lay out the map" in text(admin, "/admin/map")
        for page in ("x/cells", "x/0/0/0.webp", "at/1/1", "works?at=1.1", "find?q=a", f"selection?within={EVERYTHING}"):
            assert admin.get(f"/map/{page}").status_code == 404, page
    task = task_for(admin, sqlite, ask(admin), "map")
    assert KINDS["map"].stages[0].load()(task) is None
    assert task.board.progress["map"]["done"] == 100
    assert "40 works, alike ones" in text(admin, "/map")
    assert "40 works of 40 on" in text(admin, "/admin/map")


def test_a_stopped_job_changes_nothing_and_an_empty_collection_says_why(
    admin: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    file = own.settings().map_dir / "map.json"
    before, task = file.read_bytes(), task_for(admin, sqlite, ask(admin), "map")
    task.board.stop.set()
    assert KINDS["map"].stages[0].load()(task) is None
    assert file.read_bytes() == before
    store.delete([work.id for work in own.works])
    task.board.stop.clear()
    with pytest.raises(StageFailed, match="no artworks"):
        KINDS["map"].stages[0].load()(task)


def test_new_works_are_on_the_map_after_indexing_and_many_ask_for_a_new_layout(
    admin: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    task = task_for(admin, sqlite, ask(admin), "arrange")
    with sqlite.writing() as session:
        job = job_by_id(session, task.job.id)
        assert job is not None
        job.state = "done"
    for number, waits in ((70, False), (71, True)):
        new = draw(number, own.settings().thumbnails_dir)
        store.add([new], {CONTENT: store.vectors([own.works[0].id])})
        arrange(task)
        assert new.id in cells_of(admin.application)
        # What artists are like as a whole is summed up again, too.
        portraits = read(own.settings().portraits_file)
        assert portraits and sum(portraits.artists.counts) == number - 29
        with sqlite.reading() as session:
            assert unended(session, "map") is waits
    assert "42 works of 42" in text(admin, "/admin/map")


def test_a_hidden_work_is_gone_from_page_tiles_and_table_at_once(
    admin: FlaskClient, own: Exhibition, store: ArtworkStore, sqlite: Database
) -> None:
    app, gone = admin.application, own.works[4]
    column, row = cells_of(app)[gone.id]
    before = mark_of(app)
    tile = admin.get(f"/map/{before}/0/0/0.webp").data
    clear_away(House.of(own.settings(), sqlite, store), [gone.sha256], "hidden")
    assert mark_of(app) != before
    # Even under the old address comes what is there now.
    assert admin.get(f"/map/{before}/0/0/0.webp").data != tile
    assert admin.get(f"/map/at/{column}/{row}").status_code == 404
    assert gone.id not in admin.get(f"/map/selection.csv?within={EVERYTHING}").text
    assert "39 works" in text(admin, "/map")


def test_the_desks_page_is_for_admins_and_its_form_needs_a_token(admin: FlaskClient, sqlite: Database) -> None:
    page = admin.get("/admin/map")
    assert (page.headers["Cache-Control"], 'content="noindex"' in page.text) == ("no-store", True)
    stranger, curator = admin.application.test_client(), admin.application.test_client()
    sign_in(curator, "Bo", GOOD + " too")
    assert "/login" in stranger.get("/admin/map").location
    assert curator.get("/admin/map").status_code == 403
    assert curator.post("/admin/map", data={"csrf_token": token(curator, "/account")}).status_code == 403
    assert admin.post("/admin/map").status_code == 400
    assert admin.put("/admin/map", data={"csrf_token": token(admin, "/account")}).status_code == 405
    with sqlite.reading() as session:
        assert not unended(session, "map")


def test_hostile_titles_are_texts_everywhere(admin: FlaskClient, own: Exhibition, store: ArtworkStore) -> None:
    evil = '=cmd()"><script>alert(1)</script><svg onload=x>'
    work: Artwork = own.works[0]
    store.set_fields({work.id: {"title": evil}})
    column, row = cells_of(admin.application)[work.id]
    (told,) = admin.get(f"/map/works?at={column}.{row}").get_json()
    assert told["title"] == evil
    around = f"{column},{row} {column + 1},{row} {column + 1},{row + 1} {column},{row + 1}"
    depth = int(mark_of(admin.application).split("-")[0])
    pages = [
        text(admin, f"/map/selection?within={around}"),
        text(admin, f"/map?z={depth}&left={max(0, column - 1)}&top={max(0, row - 1)}"),
    ]
    for html in pages:
        assert evil.partition('"')[0] in html
        assert "<script>alert" not in html
    assert "'=cmd()" in admin.get(f"/map/selection.csv?within={around}").text
    assert str(NOT_THERE) not in pages[0]
