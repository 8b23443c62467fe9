"""The library on disk: what is kept, what is merged, and that nothing half-written is ever seen."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from finds import files, find, keep, keeper, sighting
from hypothesis import given
from hypothesis import strategies as st

from scraper.disk import Workspace
from scraper.errors import AlreadyRunning, ConfigError, DamagedRecord, StorageError
from scraper.facts import merged, record_of
from scraper.library import Library
from scraper.locks import only_run
from scraper.model import ArtworkRecord, Licence
from scraper.records import from_json, to_json

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_picture_and_its_record_lie_side_by_side(tmp_path: Path) -> None:
    found = find(title="Haystacks", year_text="1890-91")
    assert keep(tmp_path, found) == ["new"]
    library = Library(tmp_path)
    (record,) = library.records()
    assert library.get(found.picture.sha256) == record
    path = library.picture_path(record.picture)
    assert path.read_bytes() == found.content
    assert path == tmp_path / "pictures" / found.picture.sha256[:2] / f"{found.picture.sha256}.jpg"
    assert json.loads(path.with_suffix(".json").read_bytes())["title"] == "Haystacks"
    assert (record.artist, record.title, record.year, record.revision) == ("Claude Monet", "Haystacks", 1890, 1)
    assert record.added_at == NOON
    assert not list((tmp_path / "tmp").iterdir())


def test_an_absent_library_is_empty_and_stays_absent(tmp_path: Path) -> None:
    library = Library(tmp_path / "absent")
    assert list(library.records()) == []
    assert library.get("00" * 32) is None
    assert not library.root.exists()


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    keep(tmp_path, find(1), find(2, "b"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("pictures/*/*")}
    assert keep(tmp_path, find(2, "b"), find(1)) == ["same", "same"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("pictures/*/*")} == before


def test_rank_and_the_like_are_no_news(tmp_path: Path) -> None:
    keep(tmp_path, find())
    seen = sighting()
    moved = replace(seen, fetched_at=datetime.now(UTC), candidate=replace(seen.candidate, rank=9, raw={"a": "b"}))
    assert keep(tmp_path, replace(find(), sighting=moved)) == ["same"]


def test_one_picture_many_sightings(tmp_path: Path) -> None:
    statuses = keep(tmp_path, find(1, "a"), find(1, "b", title="Haystacks"), find(1, "c", title="Another title"))
    assert statuses == ["new", "changed", "changed"]
    (record,) = Library(tmp_path).records()
    assert [seen.fetched_url[-5] for seen in record.sightings] == ["a", "b", "c"]
    assert (record.title, record.revision) == ("Haystacks", 3)


def test_what_a_place_says_later_replaces_what_it_said(tmp_path: Path) -> None:
    keep(tmp_path, find(title="Hay"))
    assert keep(tmp_path, find(title="Haystacks", tags=("field",))) == ["changed"]
    (record,) = Library(tmp_path).records()
    assert (record.title, record.tags, record.revision, len(record.sightings)) == ("Haystacks", ("field",), 2, 1)


def test_a_stated_artist_counts_before_an_assumed_one(tmp_path: Path) -> None:
    first = find(title="Untrusted", licence=Licence("CC0-1.0"))
    seen = sighting("b", title="Trusted")
    better = replace(seen, artist_match="exact", candidate=replace(seen.candidate, query="Berthe Morisot"))
    keep(tmp_path, first, replace(find(1, "b"), sighting=better))
    (record,) = Library(tmp_path).records()
    assert (record.artist, record.title, record.licence.code) == ("Berthe Morisot", "Trusted", "CC0-1.0")


@given(order=st.permutations(range(5)))
def test_a_record_depends_on_the_sightings_and_not_on_their_order(order: list[int]) -> None:
    places = [replace(sighting(str(n)), candidate=replace(sighting(str(n)).candidate, rank=n % 3)) for n in range(5)]
    places[3] = replace(places[3], artist_match="exact")
    said = [replace(each, candidate=replace(each.candidate, title=f"T{n}")) for n, each in enumerate(places)]
    record = record_of(find().picture, said[order[0]])
    for at in order[1:]:
        record = merged(record, said[at])
    assert (record.title, record.revision) == ("T3", 5)
    assert [seen.candidate.title for seen in record.sightings] == ["T3", "T0", "T1", "T4", "T2"]
    assert all(merged(record, each) is record for each in said)


def test_records_survive_the_way_through_json() -> None:
    said = sighting(
        title="Ω «Стог»", tags=("a", "b"), licence=Licence("CC-BY-4.0", credit="me", attribution_required=True)
    )
    picture = find().picture
    record = ArtworkRecord(picture, "A", "T", None, None, None, None, ("a",), Licence(), (said,), NOON, 7)
    assert from_json(to_json(record), Path("x.json")) == record


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"picture": 3}', b"\xff\xfe"])
def test_a_damaged_record_is_told_of_and_the_others_are_read(content: bytes, tmp_path: Path) -> None:
    keep(tmp_path, find(1), find(2, "b"))
    broken, whole = (Library(tmp_path).record_path(each.picture.sha256) for each in (find(1), find(2, "b")))
    broken.write_bytes(content)
    told: list[DamagedRecord] = []
    assert [record.picture.sha256 for record in Library(tmp_path).records(told.append)] == [whole.stem]
    assert [problem.path for problem in told] == [broken]
    with pytest.raises(DamagedRecord, match="Collect the picture again"):
        Library(tmp_path).get(broken.stem)


def test_a_damaged_record_is_put_aside_and_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep(tmp_path, find())
    path = Library(tmp_path).record_path(find().picture.sha256)
    path.write_bytes(b"{ torn")
    assert keep(tmp_path, find(title="Again")) == ["new"]
    assert [record.title for record in Library(tmp_path).records()] == ["Again"]
    assert path.with_suffix(".json.damaged").read_bytes() == b"{ torn"
    assert "put aside" in caplog.text


def test_a_record_under_another_name_is_damaged(tmp_path: Path) -> None:
    keep(tmp_path, find())
    path = Library(tmp_path).record_path(find().picture.sha256)
    other = Library(tmp_path).record_path("ab" * 32)
    other.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, other)
    with pytest.raises(DamagedRecord, match="another picture"):
        Library(tmp_path).get("ab" * 32)


@pytest.mark.parametrize("left", [None, b"", b"half"])
def test_an_incomplete_picture_is_written_again(left: bytes | None, tmp_path: Path) -> None:
    keep(tmp_path, find())
    path = Library(tmp_path).picture_path(find().picture)
    path.unlink() if left is None else path.write_bytes(left)
    assert keep(tmp_path, find()) == ["same"]
    assert path.read_bytes() == find().content


@pytest.mark.parametrize("first", [True, False])
def test_real_and_stand_in_are_never_mixed(first: bool, tmp_path: Path) -> None:
    with keeper(tmp_path, stand_in=first):
        pass
    with pytest.raises(ConfigError, match="Choose another folder") as caught, keeper(tmp_path, stand_in=not first):
        pass
    assert caught.value.exit_code == 2
    with keeper(tmp_path, stand_in=first) as opened:
        assert opened.keep([find()])[0].status == "new"


@pytest.mark.parametrize("mark", [b"", b"{}", b'{"holds": "cats"}', b"[1]"])
def test_an_unreadable_mark_is_a_sentence(mark: bytes, tmp_path: Path) -> None:
    (tmp_path / "library.json").write_bytes(mark)
    with pytest.raises(StorageError, match="does not say what the library holds"), keeper(tmp_path):
        pass


def test_the_limits_on_space_hold_before_anything_is_written(tmp_path: Path) -> None:
    keep(tmp_path, find(1))
    before = files(tmp_path)
    with keeper(tmp_path, keep_free_gb=1e6) as opened, pytest.raises(StorageError, match="GB kept back") as caught:
        opened.keep([find(2)])
    assert caught.value.exit_code == 7
    with keeper(tmp_path, max_store_gb=1e-6) as opened:
        with pytest.raises(StorageError, match="GALLERY_MAX_STORE_GB"):
            opened.keep([find(2)])
        # What needs no room is no matter of room.
        assert opened.keep([find(1)])[0].status == "same"
    assert files(tmp_path) == before


def test_a_file_where_a_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("in the way")
    with pytest.raises(StorageError, match="library"), keeper(tmp_path / "library"):
        pass


def test_what_the_dead_left_is_swept_and_the_living_are_left_alone(tmp_path: Path) -> None:
    with Workspace(tmp_path) as living:
        (tmp_path / "tmp" / "999999-dead").mkdir()
        (tmp_path / "tmp" / "999999-dead" / "0.part").write_bytes(b"half")
        (tmp_path / "tmp" / "stray.part").write_bytes(b"half")
        with Workspace(tmp_path):
            assert len(list((tmp_path / "tmp").iterdir())) == 2
        living.write([(tmp_path / "pictures" / "file", b"whole")])
    assert (tmp_path / "pictures" / "file").read_bytes() == b"whole"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_second_run_for_an_artist_is_told_of_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "claude-monet" / "lock"
    with (
        only_run(lock, "Claude Monet"),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()} is already") as caught,
        only_run(lock, "Claude Monet"),
    ):
        pass
    assert (caught.value.exit_code, caught.value.pid) == (75, os.getpid())


@pytest.mark.parametrize("left", ["", "999999", "not a number"])
def test_the_lock_of_a_dead_process_is_no_lock(left: str, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(left)
    with only_run(tmp_path / "lock", "Claude Monet"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())
