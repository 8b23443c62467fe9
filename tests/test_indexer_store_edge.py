"""The embedded collection: one holder at a time, kills, damage, a full disk, threads, and the graph."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from store_samples import CARD, OTHER, WIDTH, artworks, vectors

from indexer.errors import StoreClosed, StoreDamaged, StoreLocked, StoreMissing, WrongModel
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore, open_store
from indexer.store.edge_folder import SPARE_BYTES, EdgeFolder
from indexer.store.edge_terms import field_indexes
from indexer.store.manifest import NAME
from indexer.store.model import CONTENT, Filters, ModelCard

TESTS = Path(__file__).parent
WORKS = artworks(60)
ROWS = vectors(60)


def settings_of(folder: Path) -> IndexerSettings:
    return IndexerSettings(data_dir=folder, _env_file=None)  # type: ignore[call-arg]


def collection_of(folder: Path) -> Path:
    return settings_of(folder).qdrant_dir


def made(folder: Path, count: int = 20) -> Path:
    """Make a collection of some artworks, closed, and return its folder."""
    with closing(open_store(settings_of(folder))) as store:
        store.prepare(CARD)
        store.add(WORKS[:count], {CONTENT: ROWS[:count]})
    return collection_of(folder)


PREAMBLE = """
import os, sys, time
from pathlib import Path
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import CONTENT, Filters
from store_samples import CARD, artworks, vectors
def say(*words): print(*words, flush=True)
store = open_store(IndexerSettings(data_dir=Path(sys.argv[1]), _env_file=None))
"""


def start(code: str, folder: Path) -> "subprocess.Popen[str]":
    """Start a process that runs `code` with a `store` on the folder."""
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + code, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start another process that has the collection in `tmp_path` open."""
    made(tmp_path)
    with start("say('open')\ntime.sleep(60)", tmp_path) as process:
        assert said(process) == "open"
        yield process
        process.kill()


# --- one holder ---


def test_the_second_process_is_told_who_has_it(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(StoreLocked) as refusal:
        open_store(settings_of(tmp_path))
    assert refusal.value.pid == holder.pid
    assert f"already open in process {holder.pid}. Stop it first" in str(refusal.value)
    assert refusal.value.exit_code == 75


def test_a_killed_holder_leaves_no_lock(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.wait()
    with closing(open_store(settings_of(tmp_path))) as store:
        assert store.page(Filters()).total == 20


def test_a_worker_forked_by_a_killed_holder_is_seen(tmp_path: Path) -> None:
    made(tmp_path)
    code = "child = os.fork()\nif child == 0: os.close(1); time.sleep(60)\nsay(child)\ntime.sleep(60)"
    with start(code, tmp_path) as process:
        child = int(said(process))
        try:
            process.kill()
            process.wait()
            with pytest.raises(StoreLocked, match="already open in another process"):
                open_store(settings_of(tmp_path))
        finally:
            os.kill(child, signal.SIGKILL)
    while Path(f"/proc/{child}").exists():
        time.sleep(0.01)
    open_store(settings_of(tmp_path)).close()


def test_opening_twice_in_one_process_is_refused_too(tmp_path: Path) -> None:
    made(tmp_path)
    with closing(open_store(settings_of(tmp_path))):
        with pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
            open_store(settings_of(tmp_path))
    open_store(settings_of(tmp_path)).close()


def test_a_lock_file_without_a_number_still_locks(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    (collection_of(tmp_path) / "lock").write_text("not a number")
    with pytest.raises(StoreLocked, match="already open in another process"):
        open_store(settings_of(tmp_path))


def test_a_store_opened_before_there_is_a_collection_finds_it_later(tmp_path: Path) -> None:
    with closing(open_store(settings_of(tmp_path))) as early:
        with pytest.raises(StoreMissing):
            early.page(Filters())
        with closing(open_store(settings_of(tmp_path))) as maker:
            maker.prepare(CARD)
            with pytest.raises(StoreLocked):
                early.page(Filters())
        assert early.page(Filters()).total == 0


def test_opening_nothing_makes_nothing(tmp_path: Path) -> None:
    open_store(settings_of(tmp_path)).close()
    assert list(tmp_path.iterdir()) == []


# --- kills ---


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    code = """
store.prepare(CARD)
works, rows = artworks(4000), vectors(4000)
for start in range(0, 4000, 20):
    store.add(works[start:start + 20], {CONTENT: rows[start:start + 20]})
    if start % 100 == 40: store.delete([works[start].id])
    if start % 100 == 60: store.set_fields({works[start].id: {"title": "Changed"}})
    say(start + 20)
"""
    works, rows = artworks(4000), vectors(4000)
    with start(code, tmp_path) as process:
        acknowledged = 0
        while acknowledged < 700:
            acknowledged = int(said(process))
        process.kill()
        rest = process.stdout.read().split() if process.stdout else []
    acknowledged = int(rest[-1]) if rest else acknowledged
    with closing(open_store(settings_of(tmp_path))) as store:
        gone = {works[start].id for start in range(40, acknowledged, 100)}
        ids = [work.id for work in works[:acknowledged]]
        assert set(store.missing(ids)) == gone
        kept = [number for number in range(acknowledged) if works[number].id not in gone]
        np.testing.assert_allclose(store.vectors([works[n].id for n in kept]), rows[kept], atol=1e-3)
        assert all(store.get(works[number].id).title == "Changed" for number in range(60, acknowledged, 100))
        store.prepare(CARD)
        store.add(works, {CONTENT: rows})
        assert store.page(Filters()).total == 4000


@pytest.mark.parametrize("wait", [0.0, 0.05, 0.2])
def test_a_kill_while_a_collection_is_made_or_dropped_leaves_it_usable(tmp_path: Path, wait: float) -> None:
    code = "say('go')\nwhile True: store.prepare(CARD); store.add(artworks(5), {CONTENT: vectors(5)}); store.drop()"
    with start(code, tmp_path) as process:
        said(process)
        time.sleep(wait)
        process.kill()
    with closing(open_store(settings_of(tmp_path))) as store:
        store.prepare(CARD)
        store.add(WORKS, {CONTENT: ROWS})
        assert store.page(Filters()).total == 60
    assert len(list(collection_of(tmp_path).glob("shard-*"))) == 1


def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder / "shard-0123456789ab" / "segments").mkdir(parents=True)
    (folder / f"{NAME}.new").write_text("{")
    with closing(open_store(settings_of(tmp_path))) as store:
        assert store.page(Filters()).total == 20
    assert len(list(folder.glob("shard-*"))) == 1
    (folder / NAME).unlink()
    with closing(open_store(settings_of(tmp_path))) as store:
        store.prepare(OTHER)
        assert store.page(Filters()).total == 0
    assert len(list(folder.glob("shard-*"))) == 1


# --- damage ---


def garble(path: Path) -> None:
    path.write_bytes(b"garbage" * 20)


DAMAGE = {
    "manifest": lambda folder: garble(folder / NAME),
    "empty manifest": lambda folder: (folder / NAME).write_bytes(b""),
    "half a manifest": lambda folder: (folder / NAME).write_text('{"format": 1, "shard": "shard-1"}'),
    "a manifest of the wrong kind": lambda folder: (folder / NAME).write_text("[1, 2]"),
    "a manifest that leads elsewhere": lambda folder: (folder / NAME).write_text(
        json.dumps(json.loads((folder / NAME).read_text()) | {"shard": "../../elsewhere"})
    ),
    "configuration": lambda folder: garble(next(folder.glob("shard-*/edge_config.json"))),
    "log": lambda folder: garble(next(folder.glob("shard-*/wal/open-*"))),
    "segment": lambda folder: garble(next(folder.glob("shard-*/segments/*/segment.json"))),
    "no data": lambda folder: shutil.rmtree(next(folder.glob("shard-*"))),
    "no segments": lambda folder: shutil.rmtree(next(folder.glob("shard-*/segments/*"))),
    "no folder of segments": lambda folder: shutil.rmtree(next(folder.glob("shard-*/segments"))),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_files_are_named_and_can_be_made_anew(tmp_path: Path, kind: str) -> None:
    folder = made(tmp_path)
    DAMAGE[kind](folder)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="`gallery reindex` makes it anew") as refusal:
            open_store(settings_of(tmp_path))
        assert str(folder) in str(refusal.value)
        assert refusal.value.exit_code == 7
    with closing(open_store(settings_of(tmp_path), anew=True)) as store:
        with pytest.raises(StoreMissing):
            store.stats()
        store.prepare(OTHER)
        assert store.page(Filters()).total == 0


def test_an_open_collection_is_not_made_anew(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(StoreLocked):
        open_store(settings_of(tmp_path), anew=True)
    holder.kill()
    holder.wait()
    with closing(open_store(settings_of(tmp_path))) as store:
        assert store.page(Filters()).total == 20


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path)
    values = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps(values | {"format": 99}))
    with pytest.raises(StoreDamaged, match="format 99, made by a newer version"):
        open_store(settings_of(tmp_path))


def test_a_file_in_the_folders_place_is_a_sentence(tmp_path: Path) -> None:
    folder = collection_of(tmp_path)
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    with closing(open_store(settings_of(tmp_path))) as store:
        with pytest.raises(StoreMissing):
            store.stats()
        with pytest.raises(StoreDamaged, match="exists"):
            store.prepare(CARD)


def test_another_model_is_refused_after_opening_again(tmp_path: Path) -> None:
    folder = made(tmp_path)
    with closing(open_store(settings_of(tmp_path))) as store:
        with pytest.raises(WrongModel, match="run `gallery reindex`") as refusal:
            store.prepare(OTHER)
    assert str(folder) in str(refusal.value)


def test_a_collection_of_an_older_version_gets_the_indexes_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = [each for each in field_indexes() if each[0] not in ("movement", "year")]
    with monkeypatch.context() as older:
        older.setattr("indexer.store.edge_folder.field_indexes", lambda: iter(fewer))
        made(tmp_path)
    with closing(open_store(settings_of(tmp_path))) as store:
        assert [facet.value for facet in store.facets("movement", Filters())] == ["Ebb & Flow", "Tides"]
        assert store.page(Filters(years=(1855, 1860))).total == 5


# --- a full disk ---


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path)
    with closing(open_store(settings_of(tmp_path))) as store:
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=SPARE_BYTES))
        with pytest.raises(StoreDamaged, match=r"disk is full \(192 MB are free, 193 MB are needed\)") as refusal:
            store.add(WORKS * 40, {CONTENT: np.repeat(ROWS, 40, axis=0)})
        assert refusal.value.exit_code == 7
        monkeypatch.undo()
        assert store.page(Filters()).total == 20
        store.add(WORKS, {CONTENT: ROWS})
        assert store.page(Filters()).total == 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 256 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a small disk: a disk that is really full is not tested")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_ends_no_process(small_disk: Path) -> None:
    wide = ModelCard("b", "ab" * 32, "none", {CONTENT: 2048})
    works, rows = artworks(256), vectors(256, 2048)
    with closing(open_store(settings_of(small_disk))) as store:
        store.prepare(wide)
        done = 0
        with pytest.raises(StoreDamaged, match="disk is full"):
            for start in range(0, 100_000, 256):
                works = [artwork for artwork in artworks(start + 256)[start:]]
                store.add(works, {CONTENT: rows})
                done += 256
        assert store.page(Filters()).total == done > 0
    with closing(open_store(settings_of(small_disk))) as store:
        assert store.page(Filters()).total == done


# --- threads ---


def test_threads_may_read_while_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.store.edge_folder.FLUSH_SECONDS", 0.01)
    made(tmp_path, 60)
    failures: list[BaseException] = []
    done = threading.Event()
    with closing(open_store(settings_of(tmp_path))) as store:

        def read(number: int) -> None:
            try:
                while not done.is_set():
                    work = WORKS[number]
                    assert store.get(work.id).sha256 == work.sha256
                    assert store.page(Filters(artist=work.artist_slug), size=5).artworks
                    assert store.similar(work.id, Filters(), size=5, per_artist=1).found
                    assert store.facets("artist_slug", Filters())
                    assert store.covers("artist_slug", [work.artist_slug])
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        readers = [threading.Thread(target=read, args=(number,)) for number in range(6)]
        for reader in readers:
            reader.start()
        more, rows = artworks(600), vectors(600)
        for start in range(60, 600, 20):
            store.add(more[start : start + 20], {CONTENT: rows[start : start + 20]})
            store.set_fields({more[start].id: {"title": "Changed"}})
            store.delete([more[start + 1].id])
        done.set()
        for reader in readers:
            reader.join()
        assert not failures
        assert store.page(Filters()).total == 600 - 27


def test_several_threads_may_write(tmp_path: Path) -> None:
    made(tmp_path, 0)
    many, rows = artworks(400), vectors(400)
    with closing(open_store(settings_of(tmp_path))) as store:

        def write(first: int) -> None:
            for start in range(first, 400, 40):
                store.add(many[start : start + 10], {CONTENT: rows[start : start + 10]})

        writers = [threading.Thread(target=write, args=(first,)) for first in (0, 10, 20, 30)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert store.page(Filters()).total == 400


def test_closing_while_threads_read_ends_them_with_a_sentence(tmp_path: Path) -> None:
    made(tmp_path, 60)
    endings: list[BaseException] = []
    store = open_store(settings_of(tmp_path))

    def read() -> None:
        try:
            while True:
                store.similar(WORKS[0].id, Filters())
                store.page(Filters())
        except BaseException as error:  # noqa: BLE001
            endings.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    time.sleep(0.2)
    store.close()
    for reader in readers:
        reader.join(timeout=20)
    assert [type(ending) for ending in endings] == [StoreClosed] * 4
    open_store(settings_of(tmp_path)).close()


# --- the driver's own failures ---


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (Exception("Service runtime error: no luck"), StoreDamaged),
        (type("PanicException", (BaseException,), {})("called `unwrap()` on a `None` value"), StoreDamaged),
        (OSError(28, "No space left on device"), StoreDamaged),
        (Exception("Can't init WAL: Kind(WouldBlock)"), StoreLocked),
        (TypeError("our own mistake"), TypeError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(value),
)
def test_what_the_driver_raises_ends_here_and_mistakes_show(
    tmp_path: Path, error: BaseException, seen: type[BaseException]
) -> None:
    made(tmp_path)
    with closing(EdgeFolder(collection_of(tmp_path))) as folder:
        with pytest.raises(seen) as raised, folder.shard():
            raise error
        assert raised.value is error or raised.value.__cause__ is error
        with folder.shard() as shard:
            assert shard.info().points_count == 20


# --- imports ---


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules a fresh interpreter holds after running `code`."""
    probe = f"import sys\n{code}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=TESTS.parent)
    return set(done.stdout.splitlines()[-1].split())


def test_the_engine_is_imported_when_it_is_opened_and_no_other(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nfrom indexer.store import open_store\nfrom indexer.settings import IndexerSettings"
    )
    assert not loaded_after(code) & {"qdrant_edge", "qdrant_client", "torch"}
    code += f"\nopen_store(IndexerSettings(data_dir=Path({str(tmp_path)!r}), _env_file=None))"
    loaded = loaded_after(code)
    assert "qdrant_edge" in loaded
    assert not loaded & {"qdrant_client", "torch", "grpc", "httpx"}


# --- the graph ---


def test_optimising_changes_no_answer(tmp_path: Path) -> None:
    # The engine makes a graph of 20 MB and more: few works with very wide vectors get there soonest.
    width, count = 16_384, 700
    works, rows = artworks(count), vectors(count, width)
    with closing(open_store(settings_of(tmp_path))) as store:
        store.prepare(ModelCard("b", "ab" * 32, "none", {CONTENT: width}))
        for start in range(0, count, 100):
            store.add(works[start : start + 100], {CONTENT: rows[start : start + 100]})
        before = [answers(store, works[number].id) for number in range(0, 50, 10)]
        assert store.stats().indexed == 0
        store.optimize()
        assert store.stats().indexed == count
        after = [answers(store, works[number].id) for number in range(0, 50, 10)]
        assert sum(len(a & b) for a, b in zip(before, after, strict=True)) >= 0.9 * sum(map(len, before))
        store.delete([works[0].id])
        store.add(works[1:11], {CONTENT: rows[1:11]})
        store.set_fields({work.id: {"title": "Changed"} for work in works[20:40]})
        assert store.page(Filters()).total == count - 1
        assert store.page(Filters(words="changed")).total == 20
        assert sum(facet.count for facet in store.facets("artist_slug", Filters())) == count - 1
        assert works[0].id not in answers(store, works[1].id)


def answers(store: ArtworkStore, artwork_id: str) -> set[str]:
    return {hit.artwork.id for hit in store.similar(artwork_id, Filters(), size=24).found}


def test_vectors_are_kept_in_half_precision(tmp_path: Path) -> None:
    folder = made(tmp_path)
    segment = json.loads(next(folder.glob("shard-*/segments/*/segment.json")).read_text())
    assert segment["config"]["vector_data"][CONTENT]["datatype"] == "float16"
    assert segment["config"]["vector_data"][CONTENT]["size"] == WIDTH
