"""The site while it indexes: 200 page requests a second for 60 seconds, from a process of their own.

`GALLERY_BENCH_DATA` names a data folder to work on a copy of; without it one is made of drawn pictures.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest
from workshop import painting

from gallery.db import Database
from gallery.jobs.asking import ask_for
from gallery.jobs.queue import JobQueue
from gallery.models.jobs import job_by_id
from gallery.settings import GallerySettings
from indexer.store import open_store
from indexer.thumbnails import remove_thumbnails

RATE, SECONDS, MOST_P95_MS = 200, 60, 300
DRAWN, LEFT = 900, 300
GALLERY = Path(sys.executable).parent / "gallery"
VISITORS = Path(__file__).with_name("visitors.py")


@pytest.fixture
def settings(tmp_path: Path) -> GallerySettings:
    """Settings of a gallery whose collection lacks most of what its library holds, so that a job has work to do."""
    folder, ready = tmp_path / "data", os.environ.get("GALLERY_BENCH_DATA")
    if ready:
        shutil.copytree(ready, folder)
    else:
        for number in range(DRAWN):
            place = tmp_path / "drawn" / f"Painter {number % 30}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"Study {number}.jpg").write_bytes(painting(number))
        run(folder, "import", str(tmp_path / "drawn"))
        run(folder, "index")
    settings = GallerySettings(data_dir=folder, _env_file=None)  # type: ignore[call-arg]
    with closing(open_store(settings)) as store:
        works = [work for batch in store.scan() for work in batch]
        random.Random(1).shuffle(works)
        store.delete([work.id for work in works[LEFT:]])
        for work in works[LEFT:]:
            remove_thumbnails(settings.thumbnails_dir, work.sha256)
    run(folder, "cluster")
    print(f"\n{LEFT} works are shown, {len(works) - LEFT} wait to be embedded")
    return settings


def run(folder: Path, *arguments: str) -> None:
    subprocess.run([GALLERY, *arguments], env=environment(folder), check=True, capture_output=True)


def environment(folder: Path) -> dict[str, str]:
    backbone = os.environ.get("GALLERY_BACKBONE", "efficientnet_lite0")
    return os.environ | {"GALLERY_DATA_DIR": str(folder), "GALLERY_BACKBONE": backbone}


@contextmanager
def serving(settings: GallerySettings) -> Iterator[int]:
    """Run `gallery serve` and yield its port."""
    process = subprocess.Popen(
        [GALLERY, "serve", "--port", "0"],
        env=environment(settings.data_dir),
        cwd=settings.data_dir,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        found = re.search(r":(\d+) ", process.stdout.readline())
        assert found
        try:
            yield int(found[1])
        finally:
            process.terminate()


def paths_of(port: int) -> dict[str, list[str]]:
    """Return what a visitor finds at a gallery, by kind."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:

        def read(path: str) -> str:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read().decode()

        artists = sorted(set(re.findall(r"/artists/[a-z0-9-]+(?=\")", read("/artists"))))
        walls = read("/") + "".join(read(artist) for artist in artists)
        clusters = sorted(set(re.findall(r"/clusters/\d+(?=\")", read("/clusters"))))
        words = ("sea", "study", "portrait", "woman", "garden", "night")
    found = {
        "home": ["/"],
        "artists": ["/artists"],
        "artist": artists,
        "artwork": sorted(set(re.findall(r"/artworks/[0-9a-f-]{36}(?=\")", walls))),
        "search": [f"/search?q={word}" for word in words],
        "clusters": ["/clusters"],
        "cluster": clusters,
        "picture": sorted(set(re.findall(r"/pictures/[^\"\s,]+", walls))),
    }
    assert all(found.values()), {kind: len(paths) for kind, paths in found.items()}
    return found


def test_pages_are_quick_and_whole_while_a_job_indexes(settings: GallerySettings) -> None:
    with serving(settings) as port, closing(Database(settings.database)) as database:
        paths = paths_of(port)
        job = ask_for(database, JobQueue(settings), "index", {}, by=None)
        told = subprocess.run(
            [sys.executable, str(VISITORS), str(port), str(RATE), str(SECONDS), "7"],
            input=json.dumps(paths),
            capture_output=True,
            text=True,
            check=True,
        )
        with database.reading() as session:
            after = job_by_id(session, job.id)
    assert after is not None
    met = json.loads(told.stdout)
    for kind, times in met["times"].items():
        half, most = np.percentile(times, [50, 95])
        print(f"{kind:>9}: {len(times):5} answered, p50 {half:5.0f} ms, p95 {most:5.0f} ms")
    every = np.concatenate([np.array(times) for times in met["times"].values()])
    p95 = np.percentile(every, 95)
    print(f"{len(every)} answered in {met['seconds']:.1f} s, {len(met['errors'])} errors: {met['errors'][:5]}")
    print(f"p50 {np.median(every):.0f} ms, p95 {p95:.0f} ms (at most {MOST_P95_MS}), worst {every.max():.0f} ms")
    embedded = after.progress.get("tags", {}).get("done", 0)
    print(f"the job is {after.state}, stage {after.stage}: {embedded} embedded meanwhile")
    assert after.state in ("running", "done")
    assert embedded
    assert not met["errors"]
    assert len(every) == RATE * SECONDS
    assert p95 <= MOST_P95_MS
