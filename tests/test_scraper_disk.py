"""A file written whole takes the place of the one before, or leaves it as it was."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.disk import whole_file


@pytest.mark.parametrize("lasting", [True, False])
def test_it_takes_the_place_of_the_one_before(lasting: bool, tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for content in (b"first", b"second"):
        with whole_file(path, lasting=lasting) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_end_before_its_time_leaves_the_one_before(error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(type(error)), whole_file(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    code = (
        "import os, signal, sys; from pathlib import Path; from scraper.disk import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"before"


def test_what_lasts_is_flushed_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "file", []
    real = os.fsync
    monkeypatch.setattr("scraper.disk.os.fsync", lambda number: (seen.append(path.exists()), real(number)))
    with whole_file(path) as file:
        file.write(b"content")
    # Then the folder, so that the name lasts too.
    assert seen == [False, True]
