"""Jobs from the asking to the works on the wall, and what becomes of them when something dies or is out of reach."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from PIL import Image
from websites import Answer, Asked, Websites
from workshop import ASKED, Workshop, museum, painting, workshop

from gallery.errors import JobSettled
from gallery.jobs import asking, collecting, work
from gallery.jobs.kinds import KINDS, Kind, percent
from gallery.jobs.likenesses import alike
from gallery.models import Job, User
from gallery.models.base import now
from gallery.models.held import judged
from gallery.models.jobs import requeue
from gallery.models.quality import standing
from indexer.quality.measuring import VERSION
from indexer.store.model import Filters
from scraper.library import Library
from scraper.locks import only_run
from scraper.model import ArtworkRecord, Licence
from scraper.pictures import inspect


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example") as sites:
        yield sites


@pytest.fixture
def shop(tmp_path: Path, sites: Websites, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    with workshop(tmp_path, sites, monkeypatch) as shop:
        yield shop


def slow(sites: Websites, works: int, seconds: float, after: int = 0) -> Event:
    """Let a museum take its time over each picture after the first ones, or until it is told to hurry."""
    museum(sites, works)
    hurry = Event()
    for number in range(after, works):

        def after_a_while(asked: Asked, number: int = number) -> Answer:
            hurry.wait(seconds)
            return Answer(painting(number), type="image/jpeg")

        sites.add(f"http://museum.example/p{number}.jpg", after_a_while)
    return hurry


def kept(job: Job) -> int:
    return int(job.progress.get("collect", {}).get("done") or 0)


def only(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a scrape with one of its stages, where the others have no part in what is tested."""
    stages = tuple(each for each in KINDS["scrape"].stages if each.name == stage)
    monkeypatch.setattr(work, "KINDS", {"scrape": Kind("Collecting", stages)})


def running(pid: int | None) -> bool:
    assert pid is not None
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_works_are_collected_embedded_and_on_the_walls_and_again_only_what_is_new(
    shop: Workshop, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    museum(sites, 5)
    # What is decoded to be embedded is measured over there.
    monkeypatch.delattr("gallery.quality.finding.from_thumbnail")
    with shop.working():
        job = shop.wait(asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None).id)
        assert (job.state, percent(job)) == ("done", 100), (job.message, job.log)
        assert job.message == "5 new works collected, 5 embedded."
        assert job.pid is None and job.worker is None and job.finished_at is not None
        assert {name: said["state"] for name, said in job.progress.items()} == dict.fromkeys(
            ("collect", "index", "thumbnails", "tags", "graph", "arrange", "duplicates", "quality"), "done"
        )
        assert job.progress["collect"]["sources"]["webpage"]["kept"] == 5
        assert [
            (job.progress[name]["done"], job.progress[name]["total"]) for name in ("index", "thumbnails", "tags")
        ] == [(5, 5)] * 3
        page = shop.store.page(Filters(artist="ada-ochre"))
        assert page.total == 5
        assert all((shop.settings.thumbnails_dir / work.sha256[:2]).is_dir() for work in page.artworks)
        museum(sites, 6)
        with shop.database.writing() as session:
            admin = User(name="Ada", key="ada", password_hash="", role="admin")
            session.add(admin)
        asking.retry(shop.database, shop.queue, job.id, admin)
        again = shop.wait(job.id)
    assert (again.state, again.message) == ("done", "1 new work collected, 1 embedded."), again.log
    assert [sites.times(f"http://museum.example/p{number}.jpg") for number in range(6)] == [1] * 6
    # Each was judged, over there and back, though of so few nothing can be said yet.
    hashes = {work.sha256 for work in shop.store.page(Filters(artist="ada-ochre")).artworks}
    with shop.database.reading() as session:
        assert judged(session, hashes) == hashes
        assert standing(session, VERSION) == dict.fromkeys(hashes, True)
    # Nothing heavy came into the process that answers pages.
    probe = "import sys, gallery.jobs.worker, gallery.jobs.embedding; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True).stdout == "False\n"


WORKER = """
import sys, time
sys.path.insert(0, {tests!r})
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from exhibition import settings_for
from gallery.db import Database
from gallery.jobs.queue import JobQueue
from gallery.jobs.worker import working
from indexer.store import open_store
from scraper.settings import ScraperSettings
folder = Path({folder!r})
settings = settings_for(folder, backbone="efficientnet_lite0")
scraping = ScraperSettings(data_dir=folder, per_second=500, connections=2, contact="tests@museum.example")
with closing(Database(settings.database)) as database, closing(open_store(settings)) as store:
    with working(settings, scraping, database, store, JobQueue(settings)):
        time.sleep(600)
"""


def test_a_killed_worker_leaves_an_interrupted_job_that_goes_on_without_loss_or_repeats(
    tmp_path: Path, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry = slow(sites, 10, 20, after=3)
    with workshop(tmp_path, sites, monkeypatch) as shop:
        job = asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None)
        shop.store.close()
        code = WORKER.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
        with subprocess.Popen([sys.executable, "-c", code]) as process:
            try:
                found = shop.wait(job.id, lambda job: kept(job) >= 3)
                assert found.state == "running" and found.worker
            finally:
                process.kill()
    with workshop(tmp_path, sites, monkeypatch) as shop, shop.working():
        dead = shop.wait(job.id)
        assert dead.state == "interrupted" and dead.message and "Resume" in dead.message
        collector = found.pid
        end = time.monotonic() + 120
        while running(collector):
            assert time.monotonic() < end, "the collecting process outlived the worker"
            time.sleep(0.1)
        hurry.set()
        with shop.database.writing() as session:
            requeue(session, session.merge(dead), ("interrupted",), "Ada Ochre")
        asking.hand_over(shop.queue, dead)
        done = shop.wait(job.id)
        assert done.state == "done", (done.message, done.log)
        assert shop.store.page(Filters(artist="ada-ochre")).total == 10
    fetched = [sites.times(f"http://museum.example/p{number}.jpg") for number in range(10)]
    # One that was on its way in when its process died is fetched again; none that was kept is.
    assert sum(fetched) <= 10 + 2, fetched
    assert len(list(Library(shop.settings.library_dir).records())) == 10


def test_cancelling_ends_the_collecting_process_and_keeps_what_it_had(shop: Workshop, sites: Websites) -> None:
    slow(sites, 40, 0.5)
    with shop.database.writing() as session:
        session.add(User(name="Ada", key="ada", password_hash="", role="admin"))
    with shop.working():
        job = asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None)
        pid = shop.wait(job.id, lambda job: kept(job) >= 2).pid
        asking.cancel(shop.database, job.id, _first_user(shop))
        ended = shop.wait(job.id)
        assert (ended.state, ended.pid) == ("cancelled", None) and not running(pid)
        had = len(list(Library(shop.settings.library_dir).records()))
        assert 2 <= had < 40
        with pytest.raises(JobSettled):
            asking.cancel(shop.database, job.id, _first_user(shop))


def _first_user(shop: Workshop) -> User:
    with shop.database.reading() as session:
        found = session.get(User, 1)
    assert found is not None
    return found


def test_a_collecting_process_that_dies_fails_its_job_in_words(
    shop: Workshop, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(sites, 40, 0.5)
    only("collect", monkeypatch)
    with shop.working():
        job = asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None)
        pid = shop.wait(job.id, lambda job: kept(job) >= 1).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        ended = shop.wait(job.id)
    assert ended.state == "failed" and ended.message and "signal 9" in ended.message and "Resume" in ended.message


def test_a_worker_that_is_told_to_stop_interrupts_its_job_in_good_order(
    shop: Workshop, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(sites, 40, 0.5)
    only("collect", monkeypatch)
    with shop.working():
        job = asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None)
        pid = shop.wait(job.id, lambda job: kept(job) >= 1).pid
    ended = shop.job(job.id)
    assert ended.state == "interrupted" and ended.worker is None and not running(pid)


def test_what_cannot_be_had_is_said_and_nothing_at_all_fails(
    shop: Workshop, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    only("collect", monkeypatch)
    with shop.working():
        asked = ASKED | {"pages": ["http://museum.example/none", "http://127.0.0.1/admin", "http://localhost/"]}
        ended = shop.wait(asking.ask_for(shop.database, shop.queue, "scrape", asked, by=None).id)
    assert ended.state == "failed" and ended.message
    assert "museum.example" in ended.log or "museum.example" in ended.message


def test_a_preview_knows_what_is_here_by_its_file_or_by_its_looks(tmp_path: Path) -> None:
    def record(content: bytes, title: str) -> ArtworkRecord:
        picture = inspect(content, max_pixels=10**7, min_side=10)
        return ArtworkRecord(picture, "Ada", title, None, None, None, None, (), Licence(), (), now())

    small = Image.open(BytesIO(painting(1))).resize((240, 180))
    out = BytesIO()
    small.save(out, "JPEG", quality=60)
    here = [record(painting(1), "Harbour"), record(painting(2), "Tower")]
    same, near = alike(record(painting(2), "x"), here), alike(record(out.getvalue(), "x"), here)
    assert same is not None and (same["how"], same["title"]) == ("same", "Tower")
    assert near is not None and (near["how"], near["title"]) == ("near", "Harbour")
    assert alike(record(painting(3), "x"), here) is None
    assert alike(record(painting(3), "x"), []) is None


def test_a_preview_of_an_upload_leaves_out_what_was_taken_down_and_knows_what_is_broken(
    shop: Workshop, tmp_path: Path
) -> None:
    token = uuid4().hex
    folder = shop.settings.uploads_dir / token
    folder.mkdir(parents=True)
    for number in range(2):
        (folder / f"Tower {number}.jpg").write_bytes(painting(number))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff rubbish")
    down = inspect(painting(1), max_pixels=10**7, min_side=10).sha256
    shop.settings.library_dir.mkdir()
    line = {"why": "taken-down", "at": now().isoformat(), "sha256": down}
    (shop.settings.library_dir / "withdrawn.jsonl").write_text(json.dumps(line) + "\n")
    with shop.working():
        asked = {"name": "Ada Ochre", "upload": token}
        ended = shop.wait(asking.ask_for(shop.database, shop.queue, "preview", asked, by=None).id)
    assert ended.state == "done", (ended.message, ended.log)
    seen = ended.progress["preview"]
    assert [find["title"] for find in seen["finds"]] == ["Tower 0"] and seen["finds"][0]["shown"]
    assert {Path(skip["address"]).name for skip in seen["dropped"]} == {"Tower%201.jpg", "broken.jpg"}
    # Nothing but the thumbnails stays, and nothing of it is in the library.
    assert {path.name for path in (shop.settings.previews_dir / str(ended.id)).iterdir()} == {"thumbnails"}
    assert not list(Library(shop.settings.library_dir).records())


def test_a_job_waits_for_a_collecting_process_that_has_not_ended_yet(
    shop: Workshop, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    museum(sites, 2)
    only("collect", monkeypatch)
    monkeypatch.setattr(collecting, "_TURN_SECONDS", 0.5)
    with shop.working(), ExitStack() as stack:
        stack.enter_context(only_run(Library(shop.settings.library_dir).artist_dir("Ada Ochre") / "lock", "Ada Ochre"))
        job = asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None)
        shop.wait(job.id, lambda job: "already collecting" in job.log)
        stack.close()
        assert shop.wait(job.id).state == "done"
