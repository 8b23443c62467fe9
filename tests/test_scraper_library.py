"""The library on disk: what is kept, what is merged, and that nothing half-written is ever seen."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websites import jpeg

from scraper.disk import Workspace
from scraper.errors import AlreadyRunning, ConfigError, DamagedRecord, StorageError
from scraper.facts import merged, record_of
from scraper.group import Find
from scraper.keeper import Keeper
from scraper.library import Library
from scraper.locks import only_run
from scraper.model import ArtworkRecord, Candidate, Licence, Sighting
from scraper.pictures import inspect
from scraper.records import from_json, to_json

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]


def sighting(where: str = "a", **said: Any) -> Sighting:
    candidate = Candidate("webpage", 1, page_url=f"https://example.org/{where}", query="Claude Monet", **said)
    return Sighting(
        candidate, "not-stated", f"https://example.org/{where}.jpg", "", 200, "image/jpeg", NOON, "allowed", "1", False
    )


def find(shade: int = 1, where: str = "a", **said: Any) -> Find:
    content = jpeg(shade)
    return Find(inspect(content, max_pixels=10**7, min_side=10), sighting(where, **said), content)


@contextmanager
def keeper(root: Path, *, stand_in: bool = False, keep_free_gb: float = 0, max_store_gb: float = 1) -> Iterator[Keeper]:
    library = Library(root)
    with Keeper(library, stand_in=stand_in, keep_free_gb=keep_free_gb, max_store_gb=max_store_gb) as opened:
        yield opened


def keep(root: Path, *finds: Find) -> list[str]:
    with keeper(root) as opened:
        return [kept.status for kept in opened.keep(finds)]


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


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


def run(script: str, *arguments: str, before: tuple[str, ...] = (), **options: Any) -> list[str]:
    """Run a script that imports this module, and return the lines it prints."""
    setting = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]; import test_scraper_library as t\n"
    command = [*before, sys.executable, "-c", setting + script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# Kills itself at the nth step of a write, for every n there is, and then does it again undisturbed.
KILLED_AT_EVERY_STEP = """
import os, signal, pathlib, shutil

root, clean = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
finds = [t.find(1), t.find(2, "b"), t.find(1, "c"), t.find(3, "d")]
t.keep(clean, *finds)
real = {name: getattr(os, name) for name in ("replace", "fsync", "open", "mkdir")}

def dying_at(step):
    steps = 0
    def counted(call):
        def wrapper(*arguments, **options):
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)
        return wrapper
    for name, call in real.items():
        setattr(os, name, counted(call))

step, killed = 0, True
while killed:
    step += 1
    shutil.rmtree(root, ignore_errors=True)
    child = os.fork()
    if not child:
        dying_at(step)
        t.keep(root, *finds)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    told = []
    for record in t.Library(root).records(told.append):
        # Whatever is seen is whole: no record without its picture, none cut short.
        assert t.Library(root).picture_path(record.picture).stat().st_size == record.picture.bytes
    assert not told, told
    t.keep(root, *finds)
    same = {name: content for name, content in t.files(root).items() if name != "lock"}
    assert same == {name: content for name, content in t.files(clean).items() if name != "lock"}, step
print(step)
"""


def test_killed_at_any_step_the_same_again_ends_with_the_same_library(tmp_path: Path) -> None:
    (steps,) = run(KILLED_AT_EVERY_STEP, str(tmp_path / "killed"), str(tmp_path / "clean"))
    assert int(steps) > 30


TWO_AT_ONCE = """
import os, pathlib

root = pathlib.Path(sys.argv[1])
for name in "ab":
    if not os.fork():
        with t.keeper(root) as keeper:
            for number in range(25):
                keeper.keep([t.find(1, f"{name}{number}"), t.find(2, f"{name}{number}")])
        os._exit(0)
for _ in "ab":
    assert os.wait()[1] == 0
for record in t.Library(root).records():
    print(len(record.sightings), record.revision)
"""


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    assert run(TWO_AT_ONCE, str(tmp_path)) == ["50 50", "50 50"]


# Fills the disk, frees some of it, and goes on; what was answered for must be there, whole, all the time.
UNTIL_FULL = """
import pathlib

root = pathlib.Path(sys.argv[1])
ballast = root / "ballast"
ballast.write_bytes(bytes(int(sys.argv[2])))
kept, full = [], 0
for _ in range(2):
    try:
        with t.keeper(root / "library") as keeper:
            for shade in range(len(kept), 200):
                keeper.keep([t.find(shade, title="A" * 300), t.find(shade, "b")])
                kept.append(t.find(shade).picture)
    except t.StorageError as error:
        assert error.exit_code == 7
        assert "Free space, then run the same command again" in str(error), error
        full += 1
    library = t.Library(root / "library")
    assert not list((root / "library" / "tmp").iterdir())
    for picture in kept:
        assert library.picture_path(picture).stat().st_size == picture.bytes
        assert len(library.get(picture.sha256).sightings) == 2
    assert len(list(library.records())) == len(kept)
    print(len(kept))
    ballast.unlink(missing_ok=True)
assert full
"""


def can_mount() -> bool:
    command = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def test_a_disk_that_may_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    script = """
import pathlib
try:
    t.keep(pathlib.Path(sys.argv[1]) / "library", t.find(1))
except t.StorageError as error:
    print(error.exit_code, "Check the folder's owner and permissions" in str(error))
"""
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        assert run(script, str(tmp_path)) == ["7 True"]
    elif not can_mount():
        pytest.skip("root may write everywhere, and nothing can be mounted here")
    else:
        mount = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', str(tmp_path))
        assert run(script, str(tmp_path), before=mount) == ["7 True"]


def test_a_full_disk_costs_nothing_that_was_kept(tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("mounting a small file system needs root")
    mount = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"', str(tmp_path))
    first, then = run(UNTIL_FULL, str(tmp_path), "1000000", before=mount)
    assert 0 < int(first) < int(then)


def test_a_refused_write_costs_nothing_that_was_kept(tmp_path: Path) -> None:
    """The same without root: the system lets no file grow beyond a size that the third picture has."""
    script = """
import pathlib, resource
root = pathlib.Path(sys.argv[1])
small, large = t.find(1), t.find(2, "b")
t.keep(root, small)
resource.setrlimit(resource.RLIMIT_FSIZE, (small.picture.bytes // 2, small.picture.bytes // 2))
try:
    t.keep(root, t.find(1), large)
except t.StorageError as error:
    print(error.exit_code, "file too large" in str(error))
print(len(list(t.Library(root).records())), len(list((root / "tmp").iterdir())))
"""
    assert run(script, str(tmp_path)) == ["7 True", "1 0"]
