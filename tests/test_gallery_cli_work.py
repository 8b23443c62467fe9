"""`gallery work`: a worker in a process of its own, with a Qdrant server and the site's queue in between."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from exhibition import settings_for
from qdrant_rest import StandIn
from websites import Websites
from workshop import ASKED, Workshop, museum

from gallery.db import Database
from gallery.jobs import asking
from gallery.jobs.queue import JobQueue
from gallery.models.base import now
from indexer.store import open_store
from indexer.store.model import Filters
from scraper.settings import ScraperSettings

GALLERY = Path(sys.executable).parent / "gallery"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example") as sites:
        museum(sites, 5)
        yield sites


@pytest.fixture
def site(tmp_path: Path, server: StandIn) -> Iterator[Workshop]:
    """What the web process has: no worker, and the server that the worker uses too."""
    settings = settings_for(tmp_path, backbone="efficientnet_lite0", qdrant_url=server.url)
    with closing(Database(settings.database)) as database, closing(open_store(settings)) as store:
        database.prepare()
        scraping = ScraperSettings(data_dir=tmp_path)
        yield Workshop(settings, database, store, JobQueue(settings), scraping)


@contextmanager
def worker(site: Workshop, sites: Websites, server: StandIn) -> Iterator["subprocess.Popen[str]"]:
    """Run `gallery work` until the end of the block."""
    known: dict[str, Any] = {
        "GALLERY_DATA_DIR": str(site.settings.data_dir),
        "GALLERY_QDRANT_URL": server.url,
        "GALLERY_BACKBONE": "efficientnet_lite0",
        "GALLERY_STAND_IN": str(sites.write_map()),
        "GALLERY_PER_SECOND": "100",
        "GALLERY_CONTACT": "tests@museum.example",
    }
    process = subprocess.Popen(
        [GALLERY, "work"], env=os.environ | known, cwd=site.settings.data_dir, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout
            assert "Working on jobs" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_job_is_done_elsewhere_and_survives_the_server_and_the_worker(
    site: Workshop, sites: Websites, server: StandIn
) -> None:
    with worker(site, sites, server) as process:
        job = asking.ask_for(site.database, site.queue, "scrape", ASKED, by=None)
        done = site.wait(job.id, seconds=120)
        assert (done.state, done.message) == ("done", "5 new works collected, 5 embedded."), done.log
        assert site.store.page(Filters(artist="ada-ochre")).total == 5
        # The server goes in the middle of the next: a job that waits, and goes on by itself.
        museum(sites, 6)
        server.faults = [(503, "down for repairs")] * 200
        again = asking.ask_for(site.database, site.queue, "scrape", ASKED, by=None)
        away = site.wait(again.id, lambda job: job.state == "interrupted", seconds=120)
        assert away.message == "The collection could not be reached. The job goes on by itself when it can."
        assert away.resume_at is not None
        server.faults = []
        with site.database.writing() as session:
            # It would go on in half a minute.
            session.merge(away).resume_at = now()
        done = site.wait(again.id, lambda job: job.state == "done", seconds=120)
        assert done.message == "1 new work collected, 1 embedded."
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert site.store.page(Filters(artist="ada-ochre")).total == 6
