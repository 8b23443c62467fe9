"""Jobs from the asking to the works on the wall, and what becomes of them when something dies or is out of reach."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from conftest import free_port
from exhibition import settings_for
from PIL import Image
from pydantic import SecretStr
from websites import Answer, Asked, Websites
from workshop import ASKED, Workshop, museum, painting, workshop

from gallery.accounts import people
from gallery.db import Database
from gallery.errors import ArtistBusy, DatabaseUnavailable, JobSettled, QueueUnavailable, TooManyJobs, WorkerNeedsServer
from gallery.jobs import asking, collecting, wikidata, work, worker
from gallery.jobs.kinds import KINDS, Kind, Shop, Stage, Task, percent
from gallery.jobs.likenesses import alike
from gallery.jobs.queue import JobQueue
from gallery.models import Artist, Job, User
from gallery.models.audit import audit_page
from gallery.models.base import now
from gallery.models.jobs import claim, interrupt, job_by_id, requeue, write_standing
from indexer.errors import StoreUnavailable
from indexer.store.model import Filters
from scraper.library import Library
from scraper.locks import only_run
from scraper.model import ArtworkRecord, Licence
from scraper.pictures import inspect
from scraper.session import open_reach
from scraper.settings import ScraperSettings

GOOD = "seven brass lanterns"


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example") as sites:
        yield sites


@pytest.fixture
def shop(tmp_path: Path, sites: Websites, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    with workshop(tmp_path, sites, monkeypatch) as shop:
        yield shop


@pytest.fixture
def user(database: Database) -> User:
    people.add(database, "Ada", GOOD, "admin")
    with database.reading() as session:
        found = session.get(User, 1)
    assert found is not None
    return found


def slow(sites: Websites, works: int, seconds: float, host: str = "museum.example") -> None:
    """Let a museum take its time over each picture."""
    museum(sites, works, host)
    for number in range(works):

        def after_a_while(asked: Asked, number: int = number) -> Answer:
            sites.closing.wait(seconds)
            return Answer(painting(number), type="image/jpeg")

        sites.add(f"http://{host}/p{number}.jpg", after_a_while)


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
    shop: Workshop, sites: Websites
) -> None:
    museum(sites, 5)
    with shop.working():
        job = shop.wait(asking.ask_for(shop.database, shop.queue, "scrape", ASKED, by=None).id)
        assert (job.state, percent(job)) == ("done", 100), (job.message, job.log)
        assert job.message == "5 new works collected, 5 embedded."
        assert job.pid is None and job.worker is None and job.finished_at is not None
        assert {name: said["state"] for name, said in job.progress.items()} == dict.fromkeys(
            ("collect", "index", "thumbnails", "tags", "graph", "arrange", "duplicates"), "done"
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
    slow(sites, 10, 0.5)
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
        end = time.monotonic() + 20
        while running(collector):
            assert time.monotonic() < end, "the collecting process outlived the worker"
            time.sleep(0.1)
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
        ended = shop.wait(job.id, seconds=25)
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


# What needs neither site nor network: stages of our own.


def stages(monkeypatch: pytest.MonkeyPatch, *parts: Any) -> None:
    """Let a scrape consist of these functions."""
    home = ModuleType("parts_of_a_test")
    monkeypatch.setitem(sys.modules, home.__name__, home)
    made = []
    for number, part in enumerate(parts):
        setattr(home, f"part{number}", part)
        made.append(Stage(f"part{number}", "Part", 10, f"{home.__name__}:part{number}", lambda shop: 60.0))
    monkeypatch.setattr(work, "KINDS", {"scrape": Kind("Test", tuple(made))})


def hall(database: Database, tmp_path: Path, store: Any = None) -> Shop:
    settings = settings_for(tmp_path)
    return Shop(settings, None, database, store, JobQueue(settings), "here:1", threading.Event())  # type: ignore[arg-type]


def ask(database: Database, tmp_path: Path, **more: Any) -> Job:
    return asking.ask_for(database, JobQueue(settings_for(tmp_path)), "scrape", {"name": "Ada"}, by=None, **more)


def again(database: Database, job: Job) -> Job:
    with database.reading() as session:
        found = job_by_id(session, job.id)
    assert found is not None
    return found


def test_what_is_out_of_reach_interrupts_a_job_that_goes_on_by_itself_with_what_is_left(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    reach = iter([False, True])

    def first(task: Task) -> None:
        done.append("first")

    def second(task: Task) -> None:
        if not next(reach):
            raise StoreUnavailable("http://qdrant:6333", "connection refused")
        done.append("second")

    stages(monkeypatch, first, second)
    monkeypatch.setattr(work, "RESUME_AFTER", timedelta(0))
    shop, job = hall(database, tmp_path), ask(database, tmp_path)
    work.work(shop, job.id)
    out = again(database, job)
    assert (out.state, done) == ("interrupted", ["first"]) and out.resume_at is not None
    assert out.message and "goes on by itself" in out.message and "qdrant:6333" not in out.message
    worker.go_on(shop)
    assert again(database, job).state == "queued"
    work.work(shop, job.id)
    assert (again(database, job).state, done) == ("done", ["first", "second"])


def test_a_database_that_is_gone_for_a_while_loses_no_ending(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()
    prepare = Database.prepare

    def sometimes(self: Database) -> None:
        if gone.is_set():
            raise DatabaseUnavailable(self.where, "connection refused")
        prepare(self)

    def part(task: Task) -> None:
        gone.set()
        threading.Timer(2.5, gone.clear).start()

    stages(monkeypatch, part)
    shop, job = hall(database, tmp_path), ask(database, tmp_path)
    monkeypatch.setattr(Database, "prepare", sometimes)
    work.work(shop, job.id)
    assert again(database, job).state == "done"


def test_a_mistake_of_ours_fails_the_job_and_not_the_worker(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def part(task: Task) -> None:
        raise ZeroDivisionError("secret detail")

    stages(monkeypatch, part)
    shop, job = hall(database, tmp_path), ask(database, tmp_path)
    work.work(shop, job.id)
    out = again(database, job)
    assert out.state == "failed" and out.message and "ZeroDivisionError" in out.message
    assert "secret detail" not in out.message


def test_a_job_taken_over_by_another_worker_is_left_to_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def part(task: Task) -> None:
        with database.writing() as session:
            found = job_by_id(session, task.job.id)
            assert found is not None
            found.worker = "elsewhere:2"
        assert task.board.stop.wait(10)

    stages(monkeypatch, part)
    shop, job = hall(database, tmp_path), ask(database, tmp_path)
    work.work(shop, job.id)
    out = again(database, job)
    assert (out.state, out.worker) == ("running", "elsewhere:2")


def test_a_stage_out_of_time_is_ended(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def part(task: Task) -> None:
        task.board.begin(task.stage, 0.1)
        assert task.board.stop.wait(10)

    stages(monkeypatch, part)
    shop, job = hall(database, tmp_path), ask(database, tmp_path)
    work.work(shop, job.id)
    out = again(database, job)
    assert out.state == "failed" and out.message and "Out of time" in out.message


def test_the_log_is_bounded_and_on_single_lines(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def part(task: Task) -> None:
        for number in range(1000):
            task.board.say(f"{number} \x1b[31m\nforged: line" + "x" * 5000)

    stages(monkeypatch, part)
    shop, job = hall(database, tmp_path), ask(database, tmp_path)
    work.work(shop, job.id)
    lines = again(database, job).log.splitlines()
    assert len(lines) <= 200 and max(map(len, lines)) < 450 and "\x1b" not in "".join(lines)


def test_a_job_is_claimed_by_one_of_many(database: Database, tmp_path: Path) -> None:
    job = ask(database, tmp_path)
    won: list[str] = []
    gate = threading.Barrier(6)

    def contend(name: str) -> None:
        gate.wait()
        with database.writing() as session:
            if claim(session, job.id, name):
                won.append(name)

    threads = [threading.Thread(target=contend, args=[f"here:{number}"]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and again(database, job).worker == won[0]


def test_dead_workers_are_known_by_their_process_or_their_silence(database: Database, tmp_path: Path) -> None:
    host = socket.gethostname()[:80]
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    rows = {
        "this process, before it began": (f"{host}:{os.getpid()}", timedelta(0)),
        "a process that has ended": (f"{host}:{gone.pid}", timedelta(0)),
        "elsewhere and silent": ("elsewhere:7", timedelta(minutes=2)),
        "elsewhere and lively": ("elsewhere:8", timedelta(0)),
        "init, which lives": (f"{host}:1", timedelta(0)),
    }
    with database.writing() as session:
        for name, (who, silence) in rows.items():
            session.add(
                Job(kind="scrape", state="running", asked={"name": name}, worker=who, heartbeat_at=now() - silence)
            )
    shop = hall(database, tmp_path)
    ours = Shop(shop.settings, shop.scraping, database, None, shop.queue, f"{host}:{os.getpid()}", shop.closing)  # type: ignore[arg-type]
    worker.recover(ours)
    with database.reading() as session:
        states = {job.asked["name"]: job.state for job in session.query(Job)}
    assert [name for name, state in states.items() if state == "interrupted"] == list(rows)[1:3]
    worker.recover(ours, beginning=True)
    with database.reading() as session:
        states = {job.asked["name"]: job.state for job in session.query(Job)}
    assert [name for name, state in states.items() if state == "running"] == list(rows)[3:]


def test_a_worker_that_was_only_slow_is_not_declared_dead(database: Database, tmp_path: Path) -> None:
    job = ask(database, tmp_path)
    with database.writing() as session:
        assert claim(session, job.id, "elsewhere:7")
    seen = again(database, job)
    with database.writing() as session:
        assert write_standing(session, job.id, "elsewhere:7")
    with database.writing() as session:
        assert not interrupt(session, seen, "dead")
    assert again(database, job).state == "running"


def test_an_artist_has_one_live_job_and_the_second_is_refused_in_words(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        artist = Artist(name="Ada Ochre", slug="ada-ochre")
        session.add(artist)
    ask(database, tmp_path, artist=artist)
    with pytest.raises(ArtistBusy, match="A job for Ada Ochre is waiting or under way"):
        ask(database, tmp_path, artist=artist)


def test_the_queue_holds_twenty_and_an_admin_asks_ten_times_an_hour(
    database: Database, tmp_path: Path, cheap_hashes: None, user: User
) -> None:
    queue = JobQueue(settings_for(tmp_path))
    for _ in range(10):
        asking.ask_for(database, queue, "scrape", {"name": "x"}, by=user)
    with pytest.raises(TooManyJobs, match="in the last hour"):
        asking.ask_for(database, queue, "scrape", {"name": "x"}, by=user)
    # A preview is counted by itself.
    for _ in range(10):
        asking.ask_for(database, queue, "preview", {"name": "x"}, by=user)
    with pytest.raises(TooManyJobs, match="20 jobs are waiting"):
        asking.ask_for(database, queue, "preview", {"name": "x"}, by=None)
    with database.reading() as session:
        assert audit_page(session, 1, 5).entries[0].action == "asked for preview"


def test_resume_goes_on_and_retry_begins_anew(
    database: Database, tmp_path: Path, cheap_hashes: None, user: User
) -> None:
    queue, job = JobQueue(settings_for(tmp_path)), ask(database, tmp_path)
    progress = {"collect": {"state": "done"}}
    with database.writing() as session:
        found = job_by_id(session, job.id)
        assert found is not None
        found.state, found.progress = "interrupted", progress
    assert asking.resume(database, queue, job.id, user).progress == progress
    with pytest.raises(JobSettled):
        asking.resume(database, queue, job.id, user)
    assert asking.cancel(database, job.id, user).state == "cancelled"
    assert asking.retry(database, queue, job.id, user).progress == {}


def test_a_queue_out_of_reach_delays_a_job_and_loses_none(database: Database, tmp_path: Path) -> None:
    url = f"redis://:hush@127.0.0.1:{free_port()}/0"
    away = JobQueue(settings_for(tmp_path, redis_url=SecretStr(url)))
    with pytest.raises(QueueUnavailable) as refused:
        away.put(1, "jobs")
    assert "hush" not in str(refused.value)
    job = asking.ask_for(database, away, "scrape", {"name": "x"}, by=None)
    assert job.state == "queued"
    shop = hall(database, tmp_path)
    assert not shop.queue.carries(job.id, "jobs")
    worker.deliver(shop)
    assert shop.queue.carries(job.id, "jobs")
    worker.deliver(shop)
    assert not shop.queue.carries(job.id, "previews")


def test_the_queue_carries_numbers_as_json_and_nothing_that_is_run(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    JobQueue(settings).put(7, "jobs")
    with closing(sqlite3.connect(settings.queue_file)) as connection:
        ((data,),) = connection.execute("SELECT data FROM task").fetchall()
    assert 7 in json.loads(data)[6]
    assert settings.queue_file.stat().st_mode & 0o077 == 0


def test_the_collecting_process_is_told_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GALLERY_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("GALLERY_QDRANT_API_KEY", "hush")
    monkeypatch.setenv("GALLERY_DATABASE_URL", "postgresql://u:hush@h/d")
    told = collecting._environment(tmp_path)
    assert not [name for name in told if name.startswith("GALLERY_")] and told["TMPDIR"] == str(tmp_path)


def test_a_worker_of_its_own_needs_a_server_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GALLERY_QDRANT_URL", raising=False)
    done = subprocess.run([sys.executable, "-m", "gallery", "work"], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (WorkerNeedsServer.exit_code, "")
    assert "needs a Qdrant server (GALLERY_QDRANT_URL)" in done.stderr


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


ENTITY = {
    "id": "Q296",
    "labels": {"en": {"value": "Ada Ochre"}},
    "descriptions": {"en": {"value": "invented painter <b>of harbours</b>"}},
    "aliases": {"en": [{"value": "A. Ochre"}]},
    "sitelinks": {"enwiki": {"url": "https://en.wikipedia.org/wiki/Ada_Ochre"}},
    "claims": {
        "P31": [{"mainsnak": {"datavalue": {"value": {"id": "Q5"}}}}],
        "P569": [{"mainsnak": {"datavalue": {"value": {"time": "+1840-11-14T00:00:00Z"}}}}],
        "P570": [{"rank": "deprecated", "mainsnak": {"datavalue": {"value": {"time": "+1900-00-00T00:00:00Z"}}}}],
        "P135": [{"mainsnak": {"datavalue": {"value": {"id": "Q7"}}}}, {"mainsnak": {"snaktype": "somevalue"}}],
    },
}


def knowing(entity: dict[str, Any]) -> Any:
    """Let Wikidata know one person."""

    def answer(asked: Asked) -> Answer:
        query = parse_qs(asked.query)
        if query["action"] == ["wbsearchentities"]:
            return Answer(json.dumps({"search": [{"id": "Q296"}, {"id": "not one"}]}), type="application/json")
        movement = {"id": "Q7", "labels": {"en": {"value": "Tides"}}}
        found = {key: {"Q296": entity, "Q7": movement}[key] for key in query["ids"][0].split("|")}
        return Answer(json.dumps({"entities": found}), type="application/json")

    return answer


@pytest.mark.parametrize("known", [None, "Q296"])
async def test_wikidata_fills_in_what_it_surely_knows(known: str | None) -> None:
    with Websites("www.wikidata.org") as sites:
        sites.add(wikidata.API, knowing(ENTITY))
        settings = ScraperSettings(contact="tests@museum.example", per_second=500)
        async with open_reach(settings, sites.stand_in) as reach:
            found = await wikidata.facts(reach.web, "Ada Ochre", known)
            assert found == {
                **{"wikidata": "Q296", "label": "Ada Ochre", "description": "invented painter of harbours"},
                **{"aliases": ["A. Ochre"], "born": 1840, "movements": ["Tides"]},
                "wikipedia_url": "https://en.wikipedia.org/wiki/Ada_Ochre",
            }
            # Somebody of that name who makes no art is not who is meant, unless the id says so.
            sites.add(wikidata.API, knowing({**ENTITY, "claims": {}, "descriptions": {}}))
            assert bool(await wikidata.facts(reach.web, "Ada Ochre", known)) == bool(known)


@contextmanager
def redis_server(port: int, folder: Path) -> Iterator[None]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no Redis here: apt-get install redis-server")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 20
            while True:
                with closing(socket.socket()) as door:
                    if door.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert time.monotonic() < end
                time.sleep(0.05)
            yield
        finally:
            process.kill()


def test_redis_carries_jobs_and_may_go_and_come_back_with_nothing_in_it(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, done = threading.Event(), []

    def part(task: Task) -> None:
        if task.job.asked["name"] == "during":
            assert gone.wait(20)
        done.append(task.job.asked["name"])

    stages(monkeypatch, part)
    monkeypatch.setattr(worker, "_EVERY_SECONDS", 0.2)
    port = free_port()
    settings = settings_for(tmp_path, redis_url=SecretStr(f"redis://127.0.0.1:{port}/0"))
    queue, scraping = JobQueue(settings), ScraperSettings(data_dir=tmp_path)
    shop = Workshop(settings, sqlite, None, queue, scraping)  # type: ignore[arg-type]
    with ExitStack() as stack:
        with redis_server(port, tmp_path):
            stack.enter_context(shop.working())
            first = asking.ask_for(sqlite, queue, "scrape", {"name": "before"}, by=None)
            assert shop.wait(first.id).state == "done"
            during = asking.ask_for(sqlite, queue, "scrape", {"name": "during"}, by=None)
            shop.wait(during.id, lambda job: job.state == "running")
        after = asking.ask_for(sqlite, queue, "scrape", {"name": "after"}, by=None)
        gone.set()
        assert shop.wait(during.id).state == "done"
        assert shop.job(after.id).state == "queued"
        with redis_server(port, tmp_path):
            assert shop.wait(after.id).state == "done"
            stack.close()
    assert done == ["before", "during", "after"]


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
