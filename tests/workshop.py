"""A gallery with a worker for tests of jobs: a real database, the real embedded collection, a stand-in site."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from exhibition import settings_for
from PIL import Image
from websites import Answer, Websites

from gallery.db import Database
from gallery.jobs.kinds import Shop
from gallery.jobs.queue import JobQueue
from gallery.jobs.worker import working
from gallery.models.jobs import Job, job_by_id
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore, open_store
from scraper.settings import ScraperSettings

PAGE = "http://museum.example/works"


@dataclass
class Workshop:
    """What a test of jobs needs; `working` starts a worker in this process."""

    settings: GallerySettings
    database: Database
    store: ArtworkStore
    queue: JobQueue
    scraping: ScraperSettings

    @contextmanager
    def working(self) -> Iterator[Shop]:
        with working(self.settings, self.scraping, self.database, self.store, self.queue) as shop:
            yield shop

    def job(self, job_id: int) -> Job:
        with self.database.reading() as session:
            found = job_by_id(session, job_id)
        assert found is not None
        return found

    def wait(self, job_id: int, until: Callable[[Job], bool] = lambda job: not job.live, seconds: float = 240) -> Job:
        end = time.monotonic() + seconds
        while not until(job := self.job(job_id)):
            assert time.monotonic() < end, (job.state, job.stage, job.progress, job.message, job.log)
            time.sleep(0.1)
        return job


@contextmanager
def workshop(folder: Path, sites: Websites, patch: pytest.MonkeyPatch, **more: object) -> Iterator[Workshop]:
    """Open a gallery in a folder whose scraper can reach the sites, and nothing else."""
    settings = settings_for(folder, backbone="efficientnet_lite0", **more)
    patch.setenv("GALLERY_STAND_IN", str(sites.write_map()))
    manners = {"per_second": 500.0, "connections": 2, "contact": "tests@museum.example"}
    scraping = ScraperSettings(data_dir=folder, **manners)  # type: ignore[arg-type]
    with closing(Database(settings.database)) as database, closing(open_store(settings)) as store:
        yield Workshop(settings, database, store, JobQueue(settings), scraping)


def painting(seed: int, size: tuple[int, int] = (480, 360)) -> bytes:
    """Return a JPEG unlike that of any other seed."""
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def museum(sites: Websites, works: int, host: str = "museum.example") -> None:
    """Let a site show so many works on one page."""
    figures = []
    for number in range(works):
        url = f"http://{host}/p{number}.jpg"
        sites.add(url, Answer(painting(number), type="image/jpeg"))
        figures.append(
            f'<figure><img src="{url}" alt="Harbour {number}, 1901"><figcaption>Harbour {number}</figcaption></figure>'
        )
    sites.add(f"http://{host}/works", "<html><body><h1>Works by Ada Ochre</h1>" + "".join(figures) + "</body></html>")


ASKED = {"name": "Ada Ochre", "aliases": [], "pages": [PAGE], "sources": [], "limit": 50}
