"""The library when its process is killed, another writes too, or its disk is full or refuses."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def run(script: str, *arguments: str, before: tuple[str, ...] = (), **options: Any) -> list[str]:
    """Run a script that imports what these tests share, and return the lines it prints."""
    setting = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]; import finds as t\n"
        "from scraper.errors import StorageError\nfrom scraper.library import Library\n"
    )
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
    for record in Library(root).records(told.append):
        # Whatever is seen is whole: no record without its picture, none cut short.
        assert Library(root).picture_path(record.picture).stat().st_size == record.picture.bytes
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
for record in Library(root).records():
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
    except StorageError as error:
        assert error.exit_code == 7
        assert "Free space, then run the same command again" in str(error), error
        full += 1
    library = Library(root / "library")
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
except StorageError as error:
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
except StorageError as error:
    print(error.exit_code, "file too large" in str(error))
print(len(list(Library(root).records())), len(list((root / "tmp").iterdir())))
"""
    assert run(script, str(tmp_path)) == ["7 True", "1 0"]
