"""The search graph built beside an open collection: writers go on, kills at any time, stops, removals, a full disk."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from store_samples import CARD, artworks, vectors

from indexer.errors import StoreDamaged
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore, edge_aside, open_store
from indexer.store.manifest import read_manifest
from indexer.store.model import CONTENT, Filters, ModelCard

# The engine makes a graph of 20 MB and more: few works with very wide vectors get there soonest.
WIDE = ModelCard("b", "ab" * 32, "none", {CONTENT: 16_384})
COUNT = 700
TESTS = Path(__file__).parent


def settings_of(folder: Path) -> IndexerSettings:
    return IndexerSettings(data_dir=folder, _env_file=None)  # type: ignore[call-arg]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArtworkStore]:
    """A small collection, open."""
    with closing(open_store(settings_of(tmp_path))) as store:
        store.prepare(CARD)
        store.add(artworks(40), {CONTENT: vectors(40)})
        yield store


def shards(folder: Path) -> list[str]:
    return sorted(path.name for path in settings_of(folder).qdrant_dir.glob("shard-*"))


def named(folder: Path) -> str:
    manifest = read_manifest(settings_of(folder).qdrant_dir)
    assert manifest is not None
    return manifest.shard


def while_building(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something done while the child builds, in this thread."""
    whole = edge_aside.EdgeAside._built

    def built(self: edge_aside.EdgeAside, *arguments: object) -> bool:
        act()
        return whole(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(edge_aside.EdgeAside, "_built", built)


def test_writers_and_readers_go_on_and_nothing_they_wrote_is_lost(tmp_path: Path) -> None:
    works, rows = artworks(COUNT + 60), vectors(COUNT + 60, 16_384)
    with closing(open_store(settings_of(tmp_path))) as store:
        store.prepare(WIDE)
        for start in range(0, COUNT, 100):
            store.add(works[start : start + 100], {CONTENT: rows[start : start + 100]})
        before, over = named(tmp_path), threading.Event()
        wrong: list[BaseException] = []
        written = 0

        def write() -> None:
            nonlocal written
            while not over.is_set() and written < 60:
                number = COUNT + written
                store.add(works[number : number + 1], {CONTENT: rows[number : number + 1]})
                store.set_fields({works[written].id: {"title": "Changed"}})
                store.delete([works[100 + written].id])
                written += 1

        def read() -> None:
            while not over.wait(0.01):
                assert store.similar(works[300].id, Filters(), size=5).found
                assert store.page(Filters()).total >= COUNT - 60

        def guarded(act: Callable[[], None]) -> None:
            try:
                act()
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=guarded, args=[act]) for act in (write, read)]
        for thread in threads:
            thread.start()
        assert store.optimize_aside()
        over.set()
        for thread in threads:
            thread.join()
        assert not wrong
        assert written > 0
        assert store.stats().indexed >= COUNT - 60
        assert shards(tmp_path) == [named(tmp_path)] != [before]
        check(store, written, works, rows)
    with closing(open_store(settings_of(tmp_path))) as store:
        check(store, written, works, rows)


def check(store: ArtworkStore, written: int, works: list, rows: np.ndarray) -> None:  # type: ignore[type-arg]
    gone = [work.id for work in works[100 : 100 + written]]
    assert store.missing(gone) == gone
    added = [work.id for work in works[COUNT : COUNT + written]]
    np.testing.assert_allclose(store.vectors(added), rows[COUNT : COUNT + written], atol=1e-3)
    assert store.page(Filters(words="changed")).total == written
    assert store.stats().artworks == COUNT


def test_what_is_written_meanwhile_is_in_the_collection_that_takes_over(
    tmp_path: Path, store: ArtworkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = artworks(50)

    def act() -> None:
        store.add(works[40:], {CONTENT: vectors(50)[40:]})
        store.set_fields({works[3].id: {"title": "Changed"}})
        store.delete([works[4].id])

    before = named(tmp_path)
    while_building(monkeypatch, act)
    assert store.optimize_aside()
    assert named(tmp_path) != before
    assert store.stats().artworks == 49
    assert store.get(works[3].id).title == "Changed"
    assert store.missing([work.id for work in works]) == [works[4].id]
    # And what is written after that is not noted for anybody.
    store.add(works[4:5], {CONTENT: vectors(5)[4:]})
    assert store.stats().artworks == 50


def test_a_stop_leaves_the_collection_as_it_was(tmp_path: Path, store: ArtworkStore) -> None:
    before = named(tmp_path)
    assert not store.optimize_aside(lambda: True)
    assert shards(tmp_path) == [before] == [named(tmp_path)]
    assert store.stats().artworks == 40


def test_a_child_that_dies_is_a_sentence_and_nothing_is_lost(
    tmp_path: Path, store: ArtworkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = named(tmp_path)
    monkeypatch.setattr(edge_aside, "COMMAND", (sys.executable, "-c", "raise SystemExit(9)"))
    with pytest.raises(StoreDamaged, match="could not be built: the process that builds it ended with 9"):
        store.optimize_aside()
    assert shards(tmp_path) == [before]
    store.add(artworks(41)[40:], {CONTENT: vectors(41)[40:]})
    assert store.stats().artworks == 41


def test_a_collection_removed_meanwhile_stays_removed(
    tmp_path: Path, store: ArtworkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_building(monkeypatch, store.drop)
    assert not store.optimize_aside()
    assert shards(tmp_path) == []
    store.prepare(CARD)
    assert store.stats().artworks == 0


def test_a_full_disk_is_said_before_anything_is_copied(
    tmp_path: Path, store: ArtworkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.store.edge_folder.SPARE_BYTES", 2**60)
    with pytest.raises(StoreDamaged, match="the disk is full"):
        store.optimize_aside()
    monkeypatch.undo()
    assert shards(tmp_path) == [named(tmp_path)]


HOLDER = """
import sys, threading
from pathlib import Path
from indexer.settings import IndexerSettings
from indexer.store import edge_aside, open_store
from indexer.store.model import CONTENT
from store_samples import CARD, artworks, vectors
store = open_store(IndexerSettings(data_dir=Path(sys.argv[1]), _env_file=None))
store.prepare(CARD)
store.add(artworks(40), {CONTENT: vectors(40)})
if sys.argv[2] == "building":
    child = (sys.executable, "-c", "import indexer.store.edge_graph as graph, time, os; graph._end_with_parent();"
             "print(os.getpid(), flush=True); time.sleep(60)")
    edge_aside.COMMAND = child
elif sys.argv[2] == "switching":
    whole = edge_aside.EdgeAside._switched
    def switched(self, *arguments):
        print("here", flush=True)
        threading.Event().wait()
    edge_aside.EdgeAside._switched = switched
else:
    def forgotten(*arguments):
        print("here", flush=True)
        threading.Event().wait()
    edge_aside.shutil.rmtree = forgotten
def write():
    for number in range(40, 60):
        store.add(artworks(number + 1)[number:], {CONTENT: vectors(number + 1)[number:]})
whole_built = edge_aside.EdgeAside._built
def built(self, *arguments):
    write()
    return whole_built(self, *arguments)
edge_aside.EdgeAside._built = built
store.optimize_aside()
"""


@pytest.mark.parametrize("moment", ["building", "switching", "switched"])
def test_a_kill_at_any_moment_leaves_everything_that_was_written(tmp_path: Path, moment: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), moment],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )
    with process:
        assert process.stdout
        told = process.stdout.readline().strip()
        assert told
        os.kill(process.pid, signal.SIGKILL)
    if moment == "building":
        # The child goes with its parent, though the engine leaves no thread of it a chance to look.
        end = time.monotonic() + 10
        while Path(f"/proc/{told}").exists() and time.monotonic() < end:
            time.sleep(0.02)
        assert not Path(f"/proc/{told}").exists()
    assert len(shards(tmp_path)) == 2
    with closing(open_store(settings_of(tmp_path))) as store:
        assert store.missing([work.id for work in artworks(60)]) == []
        np.testing.assert_allclose(store.vectors([work.id for work in artworks(60)]), vectors(60), atol=1e-3)
    assert shards(tmp_path) == [named(tmp_path)]
