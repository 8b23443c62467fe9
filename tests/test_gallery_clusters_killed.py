"""A process that is killed in the middle of a run: pages stay as they are, and the next run works."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from exhibition import Exhibition

from gallery.app import create_app
from gallery.clusters.reading import all_themes
from gallery.clusters.running import Asked, cluster_collection, join_new
from gallery.db import Database
from gallery.models.clusters import runs
from gallery.settings import GallerySettings
from gallery.survey import surveyor
from indexer.store import ArtworkStore, open_store
from indexer.store.model import Filters

# Runs over the data in argv[1], says that it is where argv[2] names, and waits there to be killed.
RUN = """
import sys, time
from exhibition import settings_for
from pathlib import Path
from gallery.clusters.running import Asked, cluster_collection
from gallery.db import Database
from indexer.clustering.watch import Watch
from indexer.store import open_store

def wait():
    print("here", flush=True)
    time.sleep(600)

def progress(what, share):
    if sys.argv[2] == "searching" and share > 0.45:
        wait()

class Slow:
    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        return getattr(self.store, name)

    def set_fields(self, changes):
        half = dict(list(changes.items())[: len(changes) // 2])
        self.store.set_fields(half)
        wait()

data = Path(sys.argv[1])
database, store = Database(f"sqlite:///{data / 'gallery.sqlite3'}"), open_store(settings_for(data))
cluster_collection(database, Slow(store), Asked("test", 7), watch=Watch(progress))
"""


def killed(data: Path, where: str) -> None:
    """Start a run in a process of its own and kill it there."""
    code = [sys.executable, "-c", RUN, str(data), where]
    paths = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])}
    with subprocess.Popen(code, stdout=subprocess.PIPE, env=os.environ | paths, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "here\n"
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def payloads(store: ArtworkStore) -> dict[str, str | None]:
    return {work.id: work.cluster for batch in store.scan() for work in batch}


def pages(settings: GallerySettings, store: ArtworkStore, database: Database, ids: list[int]) -> list[bytes]:
    app = create_app(settings, store, database)
    with app.app_context():
        # Pages say more of scores once the collection was looked at.
        surveyor().measure()
    visitor = app.test_client()
    return [visitor.get(path).data for path in ("/clusters", *(f"/clusters/{cluster}" for cluster in ids))]


@pytest.fixture
def settings(exhibition: Exhibition, tmp_path: Path, template_file: Path) -> GallerySettings:
    own = exhibition.copy(tmp_path / "data").settings()
    shutil.copyfile(template_file, own.data_dir / "gallery.sqlite3")
    return own


def database_of(settings: GallerySettings) -> Database:
    return Database(f"sqlite:///{settings.data_dir / 'gallery.sqlite3'}")


def test_killed_while_it_searches_nothing_shown_has_changed(settings: GallerySettings) -> None:
    with closing(database_of(settings)) as database, closing(open_store(settings)) as store:
        cluster_collection(database, store, Asked("test", 4))
        ids = [theme.id for theme in all_themes(database)]
        before, shown = payloads(store), pages(settings, store, database, ids)
    killed(settings.data_dir, "searching")
    with closing(database_of(settings)) as database, closing(open_store(settings)) as store:
        assert payloads(store) == before
        assert pages(settings, store, database, ids) == shown
        # At once, not after minutes of silence: the process is known to have ended.
        assert cluster_collection(database, store, Asked("test", 5)).clusters == 5
        with database.reading() as session:
            states = [(row.state, row.message) for row in runs(session, 3)]
    assert states == [("done", None), ("failed", "Its process ended before it was done."), ("done", None)]


def test_killed_while_it_writes_the_rest_is_written_by_what_comes_next(settings: GallerySettings) -> None:
    with closing(database_of(settings)) as database, closing(open_store(settings)) as store:
        cluster_collection(database, store, Asked("test", 4))
    killed(settings.data_dir, "writing")
    with closing(database_of(settings)) as database, closing(open_store(settings)) as store:
        themes = all_themes(database)
        assert len(themes) == 7
        assert any(store.page(Filters(cluster=str(theme.id))).total != theme.size for theme in themes)
        assert join_new(database, store) == 0
        for theme in themes:
            assert store.page(Filters(cluster=str(theme.id))).total == theme.size
