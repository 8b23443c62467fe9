"""The embedded collection when processes are killed, files are damaged, the disk is full or the driver fails."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from holders import ROWS, WORKS, collection_of, made, said, settings_of, start
from store_samples import CARD, OTHER, artworks, vectors

from indexer.errors import StoreDamaged, StoreLocked, StoreMissing
from indexer.store import open_store
from indexer.store.edge_folder import SPARE_BYTES, EdgeFolder
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


def test_a_file_in_the_folders_place_is_a_sentence(tmp_path: Path) -> None:
    folder = collection_of(tmp_path)
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    with closing(open_store(settings_of(tmp_path))) as store:
        with pytest.raises(StoreMissing):
            store.stats()
        with pytest.raises(StoreDamaged, match="exists"):
            store.prepare(CARD)


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
