"""The desk's page of data sets: asked for by a form, made as a job, downloaded, deleted, and gone with a work of it."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from curators import GOOD, token
from exhibition import NOT_THERE
from flask.testing import FlaskClient
from holdings import Holding, Opened

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.errors import StageFailed
from gallery.holdings import removal
from gallery.jobs import exporting
from gallery.jobs.board import Board
from gallery.jobs.kinds import KINDS, Shop, Task
from gallery.models.audit import audit_page
from gallery.models.jobs import job_by_id
from gallery.models.users import user_by_name
from indexer.bundle.handing import holds, pieces, size_of
from scraper.settings import ScraperSettings

HUGE = 2**31 + 5

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def holding(tmp_path: Path, sqlite: Database) -> Iterator[Holding]:
    people.add(sqlite, "Ada", GOOD, "admin")
    people.add(sqlite, "Cleo", GOOD, "curator")
    with Opened(tmp_path, sqlite, works=3) as holding:
        works = [work for batch in holding.store.scan() for work in batch]
        holding.store.set_fields({work.id: {"licence": "CC0-1.0"} for work in works[:2]})
        yield holding


def signed_in(holding: Holding, name: str = "Ada") -> FlaskClient:
    client = create_app(holding.settings, holding.store, holding.database).test_client()
    data = {"name": name, "password": GOOD, "csrf_token": token(client)}
    assert client.post("/login", data=data).status_code == 303
    return client


def asked(**more: Any) -> dict[str, Any]:
    usual = {"formats": ["imagefolder", "webdataset", "csv"], "by": "artist", "split": "60/20/20", "seed": "3"}
    return usual | {"shard_mb": "1", "licences": ["CC0-1.0"]} | more


def ask(client: FlaskClient, **more: Any) -> Any:
    return client.post("/admin/exports", data=asked(**more) | {"csrf_token": token(client)})


def task_for(holding: Holding, job_id: int) -> Task:
    with holding.database.reading() as session:
        job = job_by_id(session, job_id)
    assert job is not None
    board = Board(holding.database, job, "tests", Event())
    nobody: Any = None
    shop = Shop(
        holding.settings, ScraperSettings(_env_file=None), holding.database, holding.store, nobody, "t", Event()
    )
    return Task(shop, job, board, "export")


def made(holding: Holding, client: FlaskClient, **more: Any) -> int:
    answer = ask(client, **more)
    assert answer.status_code == 303, answer.text
    task = task_for(holding, int(answer.location.rsplit("/", 1)[1]))
    assert KINDS["export"].stages[0].load()(task) is None
    return task.job.id


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {each.name: file.read() for each in tar if (file := tar.extractfile(each))}


def test_a_data_set_is_asked_for_made_downloaded_and_deleted(holding: Holding) -> None:
    admin = signed_in(holding)
    assert "Nothing has been exported yet" in admin.get("/admin/exports").text
    one = made(holding, admin)
    page = admin.get("/admin/exports").text
    assert f"/admin/exports/{one}/download" in page and "60/20/20, seed 3" in page
    answer = admin.get(f"/admin/exports/{one}/download")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/x-tar", "no-store")
    assert answer.content_length == len(answer.data)
    files = unpacked(answer.data)
    sums = dict(line.split("  ")[::-1] for line in files[f"data-set-{one}/SHA256SUMS"].decode().splitlines())
    assert {name.partition("/")[2] for name in files} == {*sums, "SHA256SUMS"}
    assert all(hashlib.sha256(files[f"data-set-{one}/{name}"]).hexdigest() == known for name, known in sums.items())
    assert files[f"data-set-{one}/works.csv"].decode().count("\n") == 3
    two = made(holding, admin)
    again = unpacked(admin.get(f"/admin/exports/{two}/download").data)
    assert [*again.values()] == [*files.values()]
    deleted = admin.post(f"/admin/exports/{one}/delete", data={"csrf_token": token(admin)})
    assert deleted.status_code == 303 and admin.get(f"/admin/exports/{one}/download").status_code == 404
    assert [path.name for path in holding.settings.exports_dir.iterdir()] == [str(two)]
    with holding.database.reading() as session:
        assert "deleted export" in [entry.action for entry in audit_page(session, 1, 5).entries]


def test_a_work_that_goes_takes_the_data_sets_with_it_that_hold_it(holding: Holding) -> None:
    admin = signed_in(holding)
    with holding.database.reading() as session:
        ada = user_by_name(session, "Ada")
    assert ada
    one = made(holding, admin)
    folder = exporting.folder_of(holding.settings, one)
    records = {record.picture.sha256: record for record in holding.records().values()}
    packed = {sha256: record for sha256, record in records.items() if holds(folder, {sha256})}
    (other,) = records.keys() - packed.keys()
    removal.hide(holding.house, records[other], ada)
    assert folder.is_dir()
    removal.hide(holding.house, next(iter(packed.values())), ada)
    assert not folder.exists()


def test_a_work_withdrawn_while_it_is_packed_is_not_handed_on(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = signed_in(holding)
    with holding.database.reading() as session:
        ada = user_by_name(session, "Ada")
    assert ada
    whole = exporting.export_bundle

    def slow(*arguments: Any, **more: Any) -> Any:
        made = whole(*arguments, **more)
        for record in holding.records().values():
            removal.amend(holding.house.library, [removal.Withdrawal("hidden", removal.now(), record.picture.sha256)])
        return made

    monkeypatch.setattr(exporting, "export_bundle", slow)
    with pytest.raises(StageFailed, match="withdrawn while it was being packed"):
        made(holding, admin)
    assert not [*holding.settings.exports_dir.iterdir()]


def test_a_job_that_is_stopped_leaves_nothing(holding: Holding) -> None:
    admin = signed_in(holding)
    task = task_for(holding, int(ask(admin).location.rsplit("/", 1)[1]))
    task.board.stop.set()
    assert exporting.export(task) is None
    assert not [*holding.settings.exports_dir.iterdir()]
    assert "One is being made" in admin.get("/admin/exports").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"formats": []}, "at least one format"),
        ({"formats": ["floppy"]}, "at least one format"),
        ({"split": "80/20"}, "three shares"),
        ({"seed": "-1"}, "The seed must be"),
        ({"shard_mb": "0"}, "The size of shards must be"),
        ({"by": "<script>"}, "classed by that"),
        ({"licences": ["InC"]}, "open licences"),
    ],
)
def test_what_cannot_be_made_is_refused_on_the_form(holding: Holding, wrong: dict[str, Any], said: str) -> None:
    answer = ask(signed_in(holding), **wrong)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert "<script>" not in answer.text.replace("<script src", "").replace("<script type", "")
    with holding.database.reading() as session:
        assert job_by_id(session, 1) is None


def test_the_matrix_of_each_page(holding: Holding) -> None:
    admin, curator = signed_in(holding), signed_in(holding, "Cleo")
    stranger = admin.application.test_client()
    one = made(holding, admin)
    pages = {
        "/admin/exports": "GET POST",
        f"/admin/exports/{one}/download": "GET",
        f"/admin/exports/{one}/delete": "POST",
    }
    for path, methods in pages.items():
        for method in ("GET", "POST", "PUT", "DELETE"):
            if method not in methods:
                assert admin.open(path, method=method, data={"csrf_token": token(admin)}).status_code == 405
                continue
            answer = stranger.open(path, method=method, data={"csrf_token": token(stranger)})
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
            assert curator.open(path, method=method, data={"csrf_token": token(curator)}).status_code == 403
        if "POST" in methods:
            assert admin.post(path, data=asked()).status_code == 400
    for number in (999, HUGE):
        assert admin.get(f"/admin/exports/{number}/download").status_code == 404
        data = {"csrf_token": token(admin)}
        assert admin.post(f"/admin/exports/{number}/delete", data=data).status_code == 404
    assert admin.get(f"/admin/exports/{NOT_THERE}/download").status_code == 404
    assert exporting.folder_of(holding.settings, one).is_dir()


def test_a_tar_is_as_long_as_was_said_whatever_its_files_are_called(tmp_path: Path) -> None:
    for number, name in enumerate(["short", "x" * 120, "葛飾応為" * 12, "a" * 60 + "/" + "b" * 90]):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 700 * number)
    content = b"".join(pieces(tmp_path / "set", "data-set-1"))
    assert len(content) == size_of(tmp_path / "set", "data-set-1")
    assert {len(each) for each in unpacked(content).values()} == {0, 700, 1400, 2100}


def test_a_data_set_whose_table_is_gone_is_taken_to_hold_everything(tmp_path: Path) -> None:
    assert holds(tmp_path, {"ab" * 32})
    (tmp_path / "works.csv").write_bytes(b"sha256,artist\n" + b"cd" * 32 + b",Ada Ochre\n")
    assert not holds(tmp_path, {"ab" * 32}) and holds(tmp_path, {"cd" * 32}) and holds(tmp_path, set(), {"ada-ochre"})
    (tmp_path / "works.csv").write_bytes(b"\xff\xfe\x00")
    assert holds(tmp_path, {"ab" * 32})
