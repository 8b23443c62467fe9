"""The embedded collection: one holder at a time, its format, threads, and the graph."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from holders import TESTS, WORKS, collection_of, made, said, settings_of, start
from store_samples import CARD, OTHER, WIDTH, artworks, vectors

from indexer.errors import StoreClosed, StoreDamaged, StoreLocked, StoreMissing, WrongModel
from indexer.store import ArtworkStore, open_store
from indexer.store.edge_terms import field_indexes
from indexer.store.manifest import NAME
from indexer.store.model import CONTENT, Filters, ModelCard


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start another process that has the collection in `tmp_path` open."""
    made(tmp_path)
    with start("say('open')\ntime.sleep(60)", tmp_path) as process:
        assert said(process) == "open"
        yield process
        process.kill()


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


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path)
    values = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps(values | {"format": 99}))
    with pytest.raises(StoreDamaged, match="format 99, made by a newer version"):
        open_store(settings_of(tmp_path))


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
