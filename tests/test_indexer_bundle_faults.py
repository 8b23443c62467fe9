"""The bundle when texts mean harm, nothing may be packed, a disk is full or it is killed; and its command."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exhibition import CARD, random_vectors
from hypothesis import given
from hypothesis import strategies as st
from packing import ALL_FORMATS, Rooms, export, files_of, table, withheld

from indexer.bundle.order import BundleOrder, Split, class_of
from indexer.bundle.tables import harmless
from indexer.errors import ExportRefused, ExportTooLarge, ExportUnwritable, NothingToExport
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork


@given(st.text(min_size=1), st.text(min_size=1), st.sampled_from(["artist", "movement", "cluster", "tag", "Set"]))
def test_a_folders_name_leads_nowhere_else(artist: str, tag: str, by: str) -> None:
    given_ = (("Set", tag, 1.0, "curator"),)
    work = Artwork("ab" * 32, "t", artist, "a", 1, 1, "PNG", 0.0, 1, movement=tag, cluster=tag, given=given_)
    name = class_of(work, by)
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0")


def test_texts_that_mean_harm_are_read_back_as_texts(own_rooms: Rooms, tmp_path: Path) -> None:
    title = '=HYPERLINK("http://evil","x")\r\n,"quoted"\0|<script>'
    odd = replace(own_rooms.works[0], title=title, licence="CC-BY-4.0", credit="@SUM(1)", year=-300)
    with closing(open_store(own_rooms.settings())) as store:
        store.add([odd], {CONTENT: random_vectors(1)})
    export(own_rooms, tmp_path / "out", BundleOrder(ALL_FORMATS))
    (row,) = [row for row in table(tmp_path / "out" / "works.csv") if row["id"] == odd.id]
    assert row["title"] == "'" + title.replace("\0", "")
    assert (row["credit"], row["year"]) == ("'@SUM(1)", "-300")
    assert harmless(" +1") == "' +1"
    assert len((tmp_path / "out" / "CREDITS.txt").read_text().splitlines()) == 9


def test_with_nothing_open_the_bundle_is_a_list(own_rooms: Rooms, tmp_path: Path) -> None:
    with closing(open_store(own_rooms.settings())) as store:
        store.set_fields({work.id: {"licence": "InC"} for work in own_rooms.works})
    made = export(own_rooms, tmp_path / "out", BundleOrder(ALL_FORMATS, split=Split.parse("1/1/1")))
    assert (made.packed, made.withheld) == (0, len(own_rooms.works))
    assert np.load(tmp_path / "out" / "vectors.npy").shape == (0, 0)
    assert {row["reason"] for row in withheld(tmp_path / "out").values()} == {"the licence is not an open one"}


def test_an_empty_collection_has_nothing_to_export(tmp_path: Path) -> None:
    own_rooms = Rooms(tmp_path / "data", ())
    with closing(open_store(own_rooms.settings())) as store:
        store.prepare(CARD)
    with pytest.raises(NothingToExport):
        export(own_rooms, tmp_path / "out")


def test_a_full_disk_and_a_foreign_folder_change_nothing(
    own_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(own_rooms, tmp_path / "out")
    before = files_of(tmp_path / "out")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(ExportUnwritable, match="No space left"):
        patch.setattr("indexer.bundle.sums.SumsOf.put", full)
        export(own_rooms, tmp_path / "out")
    assert files_of(tmp_path / "out") == before
    with pytest.raises(ExportRefused):
        export(own_rooms, own_rooms.data_dir)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_what_the_disk_has_no_room_for_is_refused_before_anything_is_written(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10**9, 10**9, 99_000))
    with pytest.raises(ExportTooLarge, match=r"needs about \d+ MB, and 0 MB are free") as caught:
        export(rooms, tmp_path / "new" / "out")
    assert caught.value.needed > 16 * 8_000
    assert not (tmp_path / "new").exists()


def test_killed_in_the_middle_it_leaves_the_one_before_and_the_next_run_is_whole(
    own_rooms: Rooms, tmp_path: Path
) -> None:
    export(own_rooms, tmp_path / "out", BundleOrder(ALL_FORMATS))
    before = files_of(tmp_path / "out")
    slow = (
        "import os, signal, indexer.bundle.sums as sums\n"
        "put = sums.SumsOf.put\n"
        "def dying(self, name, content, sha256=None):\n"
        "    put(self, name, content, sha256)\n"
        "    if len(list(self.folder.rglob('*.png'))) > 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "sums.SumsOf.put = dying\n"
        "from gallery.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", slow, "export", str(tmp_path / "out"), "--format", "imagefolder"]
    done = subprocess.run(command, capture_output=True, env=environment(own_rooms), cwd=own_rooms.data_dir)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert files_of(tmp_path / "out") == before
    assert any(path.name.startswith(".out") for path in tmp_path.iterdir())
    export(own_rooms, tmp_path / "out", BundleOrder(ALL_FORMATS))
    assert files_of(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def environment(own_rooms: Rooms) -> dict[str, str]:
    return {
        "GALLERY_DATA_DIR": str(own_rooms.data_dir),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def command(own_rooms: Rooms, *arguments: str) -> "subprocess.CompletedProcess[str]":
    whole = [sys.executable, "-m", "gallery", "export", *arguments]
    return subprocess.run(whole, capture_output=True, text=True, env=environment(own_rooms), cwd=own_rooms.data_dir)


def test_the_command_says_what_was_packed(own_rooms: Rooms, tmp_path: Path) -> None:
    options = ["--format", "webdataset", "--format", "csv", "--split", "80/10/10", "--seed", "3", "--by", "movement"]
    done = command(own_rooms, str(tmp_path / "out"), *options, "--licence", "PDM-1.0", "--shard-size", "1")
    assert (done.returncode, "8 works packed" in done.stdout) == (0, True), done.stderr
    assert "16 are not packed" in done.stdout
    assert "80/10/10 with seed 3" in (tmp_path / "out" / "README.md").read_text()


def test_the_command_refuses_a_split_that_is_none(own_rooms: Rooms, tmp_path: Path) -> None:
    done = command(own_rooms, str(tmp_path / "out"), "--split", "80/20")
    assert (done.returncode, "give three shares, such as 80/10/10" in done.stderr) == (2, True)
