"""A row for each job, and what a worker makes of it: stages of our own, where neither site nor network is needed."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import free_port
from exhibition import settings_for
from pydantic import SecretStr
from workshop import Workshop

from gallery.accounts import people
from gallery.db import Database
from gallery.errors import ArtistBusy, DatabaseUnavailable, JobSettled, QueueUnavailable, TooManyJobs, WorkerNeedsServer
from gallery.jobs import asking, collecting, work, worker
from gallery.jobs.kinds import Kind, Shop, Stage, Task
from gallery.jobs.queue import JobQueue
from gallery.models import Artist, Job, User
from gallery.models.audit import audit_page
from gallery.models.base import now
from gallery.models.jobs import claim, interrupt, job_by_id, write_standing
from indexer.errors import StoreUnavailable
from scraper.settings import ScraperSettings


@pytest.fixture
def user(database: Database) -> User:
    people.add(database, "Ada", "seven brass lanterns", "admin")
    with database.reading() as session:
        found = session.get(User, 1)
    assert found is not None
    return found


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
