"""The bundle: what is packed and what is only listed, read back."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from exhibition import CARD, random_vectors
from packing import ALL_FORMATS, Rooms, export, files_of, table, withheld
from shelf import NOON

from indexer.bundle.leaving import ABSENT, DAMAGED, NOT_INDEXED, UNREADABLE
from indexer.bundle.order import BundleOrder, Split
from indexer.bundle.rights import OPTED_OUT, why_not
from indexer.errors import BadOrder
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork, artwork_id
from scraper.withdrawn import Withdrawal, amend


def is_open(work: Artwork) -> bool:
    return work.licence != "unknown"


def test_open_works_are_packed_and_the_others_listed(rooms: Rooms, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = export(rooms, out)
    open_works = {work.id: work for work in rooms.works if is_open(work)}
    told, left = table(out / "works.csv"), withheld(out)
    assert {row["id"] for row in told} == set(open_works)
    assert left.keys() == {work.id for work in rooms.works} - set(open_works)
    assert {row["reason"] for row in left.values()} == {"nobody stated a licence"}
    assert (made.packed, made.withheld) == (len(told), len(left))
    # Row i of the vectors is line i of the table, and its picture is that of the work.
    assert rooms.store
    assert (np.load(out / "vectors.npy") == rooms.store.vectors([row["id"] for row in told])).all()
    for row in told:
        work = open_works[row["id"]]
        assert row["title"] == work.title
        assert row["licence"] == work.licence
        assert (out / row["file"]).read_bytes() == rooms.original(work).read_bytes()
        assert row["file"].split("/")[1] == row["class"] == work.artist_slug
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"{len(told)} artworks by 4 artists" in card
    assert "| CC-BY-SA-4.0 | 8 |" in card
    assert f"* {len(left)}: nobody stated a licence" in card
    assert not any(work.sha256 in str(path) for path in out.rglob("*") for work in rooms.works if not is_open(work))


def test_credits_name_each_work_whose_licence_asks_for_it(rooms: Rooms, tmp_path: Path) -> None:
    export(rooms, tmp_path / "out")
    lines = (tmp_path / "out" / "CREDITS.txt").read_text(encoding="utf-8").splitlines()
    owed = sorted((work for work in rooms.works if work.licence == "CC-BY-SA-4.0"), key=lambda work: work.sha256)
    assert lines == [
        f"{work.sha256[:16]}  {work.title}, {work.artist}. Photograph: the museum. CC-BY-SA-4.0" for work in owed
    ]


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here")
def test_the_checksums_are_those_of_all_files(rooms: Rooms, tmp_path: Path) -> None:
    export(rooms, tmp_path / "out", BundleOrder(ALL_FORMATS))
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path / "out", capture_output=True).returncode == 0
    listed = {line[66:] for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines()}
    assert listed == files_of(tmp_path / "out").keys() - {"SHA256SUMS"}


def test_the_same_works_make_the_same_bytes_in_whatever_order_they_came(own_rooms: Rooms, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow comes with the extra `parquet`")
    order = BundleOrder(ALL_FORMATS | {"parquet"}, split=Split.parse("60/20/20", 4), shard_bytes=20_000)
    export(own_rooms, tmp_path / "one", order)
    other = Rooms(tmp_path / "other", own_rooms.works)
    shutil.copytree(own_rooms.library.root, other.library.root)
    vectors = random_vectors(len(own_rooms.works))
    with closing(open_store(other.settings())) as store:
        store.prepare(CARD)
        for at in reversed(range(len(own_rooms.works))):
            store.add([own_rooms.works[at]], {CONTENT: vectors[at : at + 1]})
    for path in other.library.root.rglob("*"):
        os.utime(path, (1, 1))
    export(other, tmp_path / "two", order)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert len(files_of(tmp_path / "one")) > 16 + 9


def test_shards_hold_each_work_whole_and_say_nothing_of_who_wrote_them(rooms: Rooms, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(rooms, out, BundleOrder(ALL_FORMATS, by="movement", shard_bytes=20_000))
    shards, seen = sorted((out / "shards").iterdir()), list[str]()
    told = {row["sha256"]: row for row in table(out / "works.csv")}
    classes = (out / "classes.txt").read_text().splitlines()
    for shard in shards:
        with tarfile.open(shard) as tar:
            entries = tar.getmembers()
            assert {(each.mtime, each.uid, each.gid, each.uname, each.mode) for each in entries} == {
                (0, 0, 0, "", 0o644)
            }
            for picture, label, facts in zip(entries[::3], entries[1::3], entries[2::3], strict=True):
                key = picture.name.removesuffix(".png")
                assert (label.name, facts.name) == (f"{key}.cls", f"{key}.json")
                content = [tar.extractfile(each) for each in (picture, label, facts)]
                read = [file.read() for file in content if file]
                assert hashlib.sha256(read[0]).hexdigest() == key
                assert classes[int(read[1])] == told[key]["class"]
                assert json.loads(read[2])["title"] == told[key]["title"]
                seen.append(key)
    assert seen == sorted(told)
    assert [shard.name for shard in shards] == [f"all-{number:06d}.tar" for number in range(len(shards))]
    assert len(shards) > 1
    assert all(shard.stat().st_size <= 20_000 for shard in shards)


def test_a_split_has_folders_and_shards_of_its_own_and_is_told_in_every_table(rooms: Rooms, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(rooms, out, BundleOrder(ALL_FORMATS, split=Split.parse("50/25/25", 1)))
    told = table(out / "works.csv")
    sides = Counter(row["split"] for row in told)
    assert sides.keys() == {"train", "validation", "test"}
    assert all(row["file"].startswith(f"pictures/{row['split']}/{row['class']}/") for row in told)
    for side, works in sides.items():
        with tarfile.open(out / "shards" / f"{side}-000000.tar") as tar:
            keys = {name.split(".")[0] for name in tar.getnames()}
        assert keys == {row["sha256"] for row in told if row["split"] == side}
        assert f"| {side} | {works} |" in (out / "README.md").read_text()


def test_works_that_belong_together_are_on_one_side_whatever_is_packed(own_rooms: Rooms, tmp_path: Path) -> None:
    """Two copies of a work that is not packed, or not even there, are copies of each other."""
    packed = [work for work in own_rooms.works if is_open(work)]
    closed = next(work for work in own_rooms.works if not is_open(work))
    pairs = [(packed[0].sha256, "ab" * 32), ("ab" * 32, packed[1].sha256)]
    pairs += [(packed[1].sha256, closed.sha256), (closed.sha256, packed[2].sha256)]
    for seed in range(4):
        out = tmp_path / f"out-{seed}"
        export(own_rooms, out, BundleOrder(frozenset({"csv"}), split=Split.parse("1/1/1", seed)), pairs=pairs)
        sides = {row["sha256"]: row["split"] for row in table(out / "works.csv")}
        assert len({sides[work.sha256] for work in packed[:3]}) == 1
    with closing(open_store(own_rooms.settings())) as store:
        store.set_fields({work.id: {"title": "Sea", "artist": "Ada Ochre"} for work in packed[3:6]})
    export(own_rooms, tmp_path / "out", BundleOrder(frozenset({"csv"}), split=Split.parse("1/1/1", 3)))
    rows = [row for row in table(tmp_path / "out" / "works.csv") if row["title"] == "Sea"]
    assert (len(rows), len({row["split"] for row in rows})) == (3, 1)


def test_tables_alone_hold_no_pictures(rooms: Rooms, tmp_path: Path) -> None:
    export(rooms, tmp_path / "out", BundleOrder(frozenset({"csv"})))
    assert sorted(files_of(tmp_path / "out")) == sorted(
        ("CREDITS.txt", "README.md", "SHA256SUMS", "classes.txt", "croissant.json")
        + ("vectors.npy", "withheld.csv", "works.csv")
    )
    assert {row["file"] for row in table(tmp_path / "out" / "works.csv")} == {""}


def test_the_licences_asked_for_are_packed_and_no_others(rooms: Rooms, tmp_path: Path) -> None:
    export(rooms, tmp_path / "out", BundleOrder(licences=frozenset({"PDM-1.0", "unknown"})))
    assert {row["licence"] for row in table(tmp_path / "out" / "works.csv")} == {"PDM-1.0"}
    reasons = Counter(row["reason"] for row in withheld(tmp_path / "out").values())
    assert reasons == {"nobody stated a licence": 8, "its licence is not among those asked for": 8}


def test_every_work_that_is_left_out_is_listed_with_the_reason(own_rooms: Rooms, tmp_path: Path) -> None:
    gone, damaged, unreadable, hidden, unshown, opted_out = [
        each for each in own_rooms.works if each.licence == "PDM-1.0"
    ][:6]
    own_rooms.original(gone).unlink()
    own_rooms.original(damaged).write_bytes(own_rooms.original(damaged).read_bytes()[:-9])
    own_rooms.record(unreadable).write_text("{")
    said = json.loads(own_rooms.record(opted_out).read_text())
    said["sightings"][0]["opt_outs"] = ["tdm-reservation"]
    own_rooms.record(opted_out).write_text(json.dumps(said))
    taken = Withdrawal("taken-down", NOON, "cd" * 32, "ada-ochre", "A work of somebody")
    amend(own_rooms.library, [Withdrawal("hidden", NOON, hidden.sha256, hidden.artist_slug, hidden.title), taken])
    with closing(open_store(own_rooms.settings())) as store:
        store.delete([hidden.id, unshown.id])
    out = tmp_path / "out"
    made = export(own_rooms, out)
    left = withheld(out)
    wanted = {
        gone.id: ABSENT,
        damaged.id: DAMAGED,
        unreadable.id: UNREADABLE,
        hidden.id: "a curator hid it",
        unshown.id: NOT_INDEXED,
        opted_out.id: OPTED_OUT,
        artwork_id(taken.sha256): "it was taken down",
    }
    assert {work: left[work]["reason"] for work in wanted} == wanted
    assert made.packed + made.withheld == len(own_rooms.works) + 1
    # Nothing is said of a work that is withdrawn but its id, nor is anything of it packed.
    assert set(left[hidden.id].values()) - {""} == {hidden.id, "a curator hid it"}
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "collected all the same 1 are not packed" in card
    assert "A work of somebody" not in card + (out / "withheld.csv").read_text()
    packed = "".join(files_of(out))
    assert not any(work.sha256 in packed for work in (gone, damaged, unreadable, hidden, unshown, opted_out))


def test_a_work_that_was_withdrawn_a_moment_ago_is_not_packed(own_rooms: Rooms, tmp_path: Path) -> None:
    """Killed between the list and the collection: what the list says counts."""
    work = next(work for work in own_rooms.works if is_open(work))
    amend(own_rooms.library, [Withdrawal("hidden", NOON, work.sha256, work.artist_slug, work.title)])
    export(own_rooms, tmp_path / "out")
    assert withheld(tmp_path / "out")[work.id]["reason"] == "a curator hid it"


def test_croissant_tells_of_every_file_and_column(rooms: Rooms, tmp_path: Path) -> None:
    """What the specification asks for, Croissant 1.0: https://docs.mlcommons.org/croissant/docs/croissant-spec.html."""
    out = tmp_path / "out"
    order = BundleOrder(ALL_FORMATS, split=Split.parse("1/1/1"), site="https://gallery.example", shard_bytes=20_000)
    export(rooms, out, order)
    said = json.loads((out / "croissant.json").read_text(encoding="utf-8"))
    assert (said["@type"], said["conformsTo"]) == ("sc:Dataset", "http://mlcommons.org/croissant/1.0")
    assert said["license"] == ["CC-BY-SA-4.0", "PDM-1.0"]
    assert (said["url"], said["datePublished"]) == ("https://gallery.example", "2023-11-14")
    assert {"name", "description", "creator", "version", "citeAs"} <= said.keys()
    files = {each["@id"]: each for each in said["distribution"] if each["@type"] == "cr:FileObject"}
    there = files_of(out)
    assert files.keys() == {name for name in there if name.endswith((".tar", "works.csv", ".npy"))}
    for name, each in files.items():
        assert each["sha256"] == hashlib.sha256(there[each["contentUrl"]]).hexdigest()
        assert each["contentSize"] == f"{len(there[name])} B"
    sets = {each["@id"]: each for each in said["distribution"] if each["@type"] == "cr:FileSet"}
    (pattern,) = [each["includes"] for each in sets.values() if each["encodingFormat"] == ["image/png"]]
    assert len([path for path in out.glob(pattern) if path.is_file()]) == 16
    records = {each["@id"]: each for each in said["recordSet"]}
    fields = {field["@id"]: field for each in records.values() for field in each["field"]}
    names = [*files, *sets, *records, *fields]
    assert len(names) == len(set(names))
    assert [field["name"] for field in records["works"]["field"]] == list(table(out / "works.csv")[0])
    for each in fields.values():
        source = each.get("source", {})
        assert source.get("fileObject", {"@id": "works.csv"})["@id"] in files
        assert source.get("fileSet", {"@id": "picture-files"})["@id"] in sets
        assert each.get("references", {"field": {"@id": "splits/name"}})["field"]["@id"] in fields
    assert all(each["key"]["@id"] in fields for each in records.values())
    assert [row["splits/name"] for row in records["splits"]["data"]] == ["train", "validation", "test"]


def test_the_parquet_file_holds_payload_place_and_vector_of_each_packed_work(own_rooms: Rooms, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with the extra `parquet`")
    work = next(work for work in own_rooms.works if work.licence == "PDM-1.0" and work.tags)
    with closing(open_store(own_rooms.settings())) as store:
        store.set_fields({work.id: {"title": "=1+1", "labels": [["cliff", 0.5]]}})
    export(own_rooms, tmp_path / "out", BundleOrder(ALL_FORMATS | {"parquet"}), places={work.sha256: (0.25, 0.75)})
    rows = parquet.read_table(tmp_path / "out" / "works.parquet").to_pylist()
    told = table(tmp_path / "out" / "works.csv")
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


def test_parquet_without_what_writes_it_is_refused_at_once(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.bundle.parquet.find_spec", lambda name: None)
    with pytest.raises(BadOrder, match=r"pip install 'semantic-gallery\[parquet\]'"):
        export(rooms, tmp_path / "out", BundleOrder(frozenset({"parquet"})))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("artist", None),
        ("movement", "tides"),
        ("cluster", "cluster-7"),
        ("tag", "boat"),
        ("Subjects", "boat"),
        ("Moods", "no-tag"),
    ],
)
def test_works_are_classed_by_artist_movement_cluster_tag_or_a_set_of_tags(
    own_rooms: Rooms, tmp_path: Path, by: str, wanted: str | None
) -> None:
    work, other = [work for work in own_rooms.works if work.licence == "PDM-1.0" and work.tags][:2]
    with closing(open_store(own_rooms.settings())) as store:
        store.set_fields({work.id: {"cluster": "7", "given": [["Subjects", "Boat", 1.0, "curator"]]}})
        store.set_fields({other.id: {"given": [["Moods", "Calm", 1.0, "curator"]]}})
    export(own_rooms, tmp_path / "out", BundleOrder(by=by))
    (row,) = [row for row in table(tmp_path / "out" / "works.csv") if row["id"] == work.id]
    assert row["class"] == (wanted or work.artist_slug)
    assert row["file"] == f"pictures/{row['class']}/{work.sha256}.png"


def test_what_no_work_is_classed_by_is_refused_with_what_there_is(rooms: Rooms, tmp_path: Path) -> None:
    with pytest.raises(BadOrder, match="There are artist, movement, cluster, tag"):
        export(rooms, tmp_path / "out", BundleOrder(by="Subjects"))


@pytest.mark.parametrize("code", ["CC0-1.0", "PDM-1.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-3.0-DE", "CC0"])
def test_open_licences_are_packed(code: str) -> None:
    assert why_not(code) is None


@pytest.mark.parametrize(
    "code", ["unknown", "", "InC", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-4.0\nx", "NoC-NC", "cc0"]
)
def test_all_other_licences_are_not(code: str) -> None:
    assert why_not(code)
