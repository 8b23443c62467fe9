"""The bundle: what is packed and what is only listed, read back; and names and texts that mean harm."""

import csv
import errno
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exhibition import CARD, Exhibition, random_vectors
from hypothesis import given
from hypothesis import strategies as st

from indexer.bundle.export import BundleExport, export_bundle, group_of
from indexer.bundle.rights import OPTED_OUT, why_not
from indexer.bundle.tables import harmless
from indexer.errors import ExportRefused, ExportUnwritable, NothingToExport
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from indexer.thumbnails import thumbnail_path
from scraper.library import Library
from scraper.model import ArtworkRecord


class Shelf(Library):
    """A library whose pictures are an exhibition's largest thumbnails; the records are not asked for."""

    def __init__(
        self, own: Exhibition, missing: frozenset[str] = frozenset(), opted_out: frozenset[str] = frozenset()
    ) -> None:
        self._own, self._missing, self._opted_out = own, missing, opted_out

    def get(self, sha256: str) -> ArtworkRecord | None:
        if sha256 in self._missing:
            return None
        seen = [type("Sighting", (), {"opt_outs": ("tdm-reservation",) if sha256 in self._opted_out else ()})()]
        found: ArtworkRecord = type("Record", (), {"picture": sha256, "sightings": seen})()
        return found

    def picture_path(self, picture: object) -> Path:
        return thumbnail_path(self._own.settings().thumbnails_dir, str(picture), 240)


@pytest.fixture
def own(exhibition: Exhibition, tmp_path: Path) -> Exhibition:
    return exhibition.copy(tmp_path / "data")


def export(own: Exhibition, out: Path, library: Library | None = None, **more: object) -> BundleExport:
    with closing(open_store(own.settings())) as store:
        return export_bundle(store, library or Shelf(own), out, **more)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_open_works_are_packed_and_the_others_listed(own: Exhibition, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = export(own, out)
    is_open = {work.id: work for work in own.works if work.licence != "unknown"}
    told, withheld = table(out / "works.csv"), table(out / "withheld.csv")
    assert {row["id"] for row in told} == set(is_open)
    assert {row["id"] for row in withheld} == {work.id for work in own.works} - set(is_open)
    assert {row["reason"] for row in withheld} == {"nobody stated a licence"}
    assert (made.packed, made.withheld) == (len(told), len(withheld))
    # Row i of the vectors is line i of the table, and its picture is that of the work.
    with closing(open_store(own.settings())) as store:
        assert (np.load(out / "vectors.npy") == store.vectors([row["id"] for row in told])).all()
    for row in told:
        work = is_open[row["id"]]
        assert row["title"] == work.title
        assert row["licence"] == work.licence
        assert (out / row["file"]).read_bytes() == Shelf(own).picture_path(work.sha256).read_bytes()
        assert row["file"].split("/")[1] == work.artist_slug
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"{len(told)} artworks by 4 artists" in card
    assert "| CC-BY-SA-4.0 |" in card
    assert f"* {len(withheld)}: nobody stated a licence" in card
    assert not any(work.sha256 in str(path) for path in out.rglob("*") for work in own.works if work.id not in is_open)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here")
def test_the_checksums_are_those_of_all_files(own: Exhibition, tmp_path: Path) -> None:
    export(own, tmp_path / "out")
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path / "out", capture_output=True).returncode == 0
    listed = {line[66:] for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}


def test_a_work_whose_picture_is_gone_is_listed(own: Exhibition, tmp_path: Path) -> None:
    gone = next(work for work in own.works if work.licence == "PDM-1.0")
    export(own, tmp_path / "out", Shelf(own, frozenset({gone.sha256})))
    (row,) = [row for row in table(tmp_path / "out" / "withheld.csv") if row["id"] == gone.id]
    assert row["reason"] == "its picture is not in the library"


def test_what_a_page_asked_not_to_collect_is_listed_whatever_its_licence(own: Exhibition, tmp_path: Path) -> None:
    work = next(work for work in own.works if work.licence == "PDM-1.0")
    export(own, tmp_path / "out", Shelf(own, opted_out=frozenset({work.sha256})))
    (row,) = [row for row in table(tmp_path / "out" / "withheld.csv") if row["id"] == work.id]
    assert row["reason"] == OPTED_OUT
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "collected all the same 1 are not packed" in card
    assert not list((tmp_path / "out" / "pictures").rglob(f"{work.sha256}*"))


def test_the_parquet_file_holds_payload_place_and_vector_of_each_packed_work(own: Exhibition, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with the extra `parquet`")
    work = next(work for work in own.works if work.licence == "PDM-1.0" and work.tags)
    with closing(open_store(own.settings())) as store:
        store.set_fields({work.id: {"title": "=1+1", "labels": [["cliff", 0.5]]}})
    made = export(own, tmp_path / "out", places={work.sha256: (0.25, 0.75)})
    rows = parquet.read_table(tmp_path / "out" / "works.parquet").to_pylist()
    told = table(tmp_path / "out" / "works.csv")
    assert made.parquet
    assert [row["id"] for row in rows] == [row["id"] for row in told]
    assert (np.array([row["vector"] for row in rows], np.float32) == np.load(tmp_path / "out" / "vectors.npy")).all()
    (row,) = [row for row in rows if row["id"] == work.id]
    # A table program would take the title for a formula; nothing takes it for one here.
    assert (row["title"], row["tags"], row["year"]) == ("=1+1", list(work.tags), work.year)
    assert [(guess["word"], guess["probability"]) for guess in row["labels"]] == [("cliff", 0.5)]
    assert (row["x"], row["y"]) == (0.25, 0.75)
    assert all((tmp_path / "out" / row["file"]).is_file() for row in rows)
    assert "works.parquet" in (tmp_path / "out" / "README.md").read_text()
    assert any(line.endswith("  works.parquet") for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines())


def test_without_pyarrow_all_else_is_written(own: Exhibition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.bundle.parquet.find_spec", lambda name: None)
    made = export(own, tmp_path / "out")
    assert not made.parquet
    assert not (tmp_path / "out" / "works.parquet").exists()
    assert "parquet" not in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize("by", ["artist", "cluster", "tag"])
def test_folders_are_by_artist_cluster_or_tag(own: Exhibition, tmp_path: Path, by: str) -> None:
    work = next(work for work in own.works if work.licence == "PDM-1.0" and work.tags)
    with closing(open_store(own.settings())) as store:
        store.set_fields({work.id: {"cluster": "7"}})
    export(own, tmp_path / "out", by=by)
    (row,) = [row for row in table(tmp_path / "out" / "works.csv") if row["id"] == work.id]
    wanted = {"artist": work.artist_slug, "cluster": "cluster-7", "tag": "seashore-coast"}[by]
    assert row["file"] == f"pictures/{wanted}/{work.sha256}.webp"


@given(st.text(min_size=1), st.text(min_size=1), st.sampled_from(["artist", "cluster", "tag"]))
def test_a_folders_name_leads_nowhere_else(artist: str, tag: str, by: str) -> None:
    work = Artwork("ab" * 32, "t", artist, "a", 1, 1, "PNG", 0.0, 1, tags=(tag,), cluster=tag)
    name = group_of(work, by)  # type: ignore[arg-type]
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0")


@pytest.mark.parametrize("code", ["CC0-1.0", "PDM-1.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-3.0-DE", "CC0"])
def test_open_licences_are_packed(code: str) -> None:
    assert why_not(code) is None


@pytest.mark.parametrize(
    "code", ["unknown", "", "InC", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-4.0\nx", "NoC-NC", "cc0"]
)
def test_all_other_licences_are_not(code: str) -> None:
    assert why_not(code)


def test_texts_that_mean_harm_are_read_back_as_texts(own: Exhibition, tmp_path: Path) -> None:
    title = '=HYPERLINK("http://evil","x")\r\n,"quoted"\0|<script>'
    odd = replace(own.works[0], title=title, licence="CC0-1.0", credit="@SUM(1)", year=-300)
    with closing(open_store(own.settings())) as store:
        store.add([odd], {CONTENT: random_vectors(1)})
    export(own, tmp_path / "out")
    (row,) = [row for row in table(tmp_path / "out" / "works.csv") if row["id"] == odd.id]
    assert row["title"] == "'" + title.replace("\0", "")
    assert (row["credit"], row["year"]) == ("'@SUM(1)", "-300")
    assert harmless(" +1") == "' +1"


def test_with_nothing_open_the_bundle_is_a_list(own: Exhibition, tmp_path: Path) -> None:
    with closing(open_store(own.settings())) as store:
        store.set_fields({work.id: {"licence": "InC"} for work in own.works})
    made = export(own, tmp_path / "out")
    assert (made.packed, made.withheld, made.size) == (0, 40, 0)
    assert np.load(tmp_path / "out" / "vectors.npy").shape == (0, 0)
    assert {row["reason"] for row in table(tmp_path / "out" / "withheld.csv")} == {"the licence is not an open one"}


def test_an_empty_collection_has_nothing_to_export(tmp_path: Path) -> None:
    own = Exhibition(tmp_path / "data", ())
    with closing(open_store(own.settings())) as store:
        store.prepare(CARD)
    with pytest.raises(NothingToExport):
        export(own, tmp_path / "out")


def test_a_full_disk_and_a_foreign_folder_change_nothing(
    own: Exhibition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(own, tmp_path / "out")
    before = (tmp_path / "out" / "SHA256SUMS").read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(ExportUnwritable, match="No space left"):
        patch.setattr(shutil, "copyfile", full)
        export(own, tmp_path / "out")
    assert (tmp_path / "out" / "SHA256SUMS").read_bytes() == before
    with pytest.raises(ExportRefused):
        export(own, own.data_dir)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_the_command_says_what_was_packed(own: Exhibition, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gallery", "export", str(tmp_path / "out"), "--by", "tag"],
        capture_output=True,
        text=True,
        env={"GALLERY_DATA_DIR": str(own.data_dir), "PATH": "/usr/bin:/bin"},
        cwd=own.data_dir,
    )
    # The library of this gallery is empty: all is listed, nothing packed.
    assert (done.returncode, "0 works packed" in done.stdout) == (0, True), done.stderr
    assert "40 are not packed" in done.stdout
