"""PostgreSQL stopped in the middle of a job and of a page: both say so, and both go on when it is back."""

import re
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from exhibition import settings_for

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.jobs import asking, work
from gallery.jobs.kinds import Kind, Shop, Stage, Task
from gallery.jobs.queue import JobQueue
from gallery.models.jobs import job_by_id
from indexer.store import open_store

GOOD = "seven brass lanterns"


@pytest.mark.usefixtures("cheap_hashes")
def test_postgresql_may_stop_in_the_middle_of_a_job_and_of_a_page(
    cluster: Any, postgresql: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add(postgresql, "Ada", GOOD, "admin")
    settings = settings_for(tmp_path)
    with closing(open_store(settings)) as store:
        client = create_app(settings, store, postgresql).test_client()
        form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
        assert form
        client.post("/login", data={"name": "Ada", "password": GOOD, "csrf_token": form[1]})
        met: dict[str, Any] = {}
        starts: list[threading.Timer] = []

        def part(task: Task) -> None:
            cluster.stop()
            met.update({path: client.get(path) for path in ("/admin/jobs", "/admin", "/search")})
            # It is still away when the job has come to its end, and has to be told so.
            starts.append(threading.Timer(1.5, cluster.start))
            starts[0].start()

        home = ModuleType("a_part_that_loses_its_database")
        home.part = part  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, home.__name__, home)
        stage = Stage("part", "Part", 10, f"{home.__name__}:part", lambda shop: 60.0)
        monkeypatch.setattr(work, "KINDS", {"scrape": Kind("Test", (stage,))})
        queue = JobQueue(settings)
        shop = Shop(settings, None, postgresql, store, queue, "here:1", threading.Event())  # type: ignore[arg-type]
        job = asking.ask_for(postgresql, queue, "scrape", {"name": "Ada"}, by=None)
        try:
            work.work(shop, job.id)
        finally:
            starts[0].join()
        for path in ("/admin/jobs", "/admin"):
            assert met[path].status_code == 503 and met[path].headers["Retry-After"]
            assert "127.0.0.1" not in met[path].text and "Traceback" not in met[path].text
        assert met["/search"].status_code == 200
        with postgresql.reading() as session:
            ended = job_by_id(session, job.id)
        assert ended is not None and ended.state == "done"
        assert client.get("/admin/jobs").status_code == 200
