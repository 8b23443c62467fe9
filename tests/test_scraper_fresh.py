"""What a file holds is read once, and again when it has been changed."""

from pathlib import Path

import pytest

from scraper.disk import whole_file
from scraper.fresh import FreshFile


def put(path: Path, content: bytes) -> None:
    with whole_file(path) as file:
        file.write(content)


def test_it_is_read_once_for_each_change(tmp_path: Path) -> None:
    read: list[bytes] = []
    path = tmp_path / "file"

    def reading(file: Path) -> bytes:
        read.append(file.read_bytes())
        return read[-1]

    fresh = FreshFile(path, reading)
    assert fresh.now() is None
    for content in (b"one", b"two"):
        put(path, content)
        assert [fresh.now(), fresh.now()] == [content, content]
    assert read == [b"one", b"two"]
    path.unlink()
    assert fresh.now() is None


def test_what_cannot_be_read_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    fresh = FreshFile(path, lambda file: int(file.read_bytes()))
    put(path, b"x")
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            fresh.now()
    put(path, b"7")
    assert fresh.now() == 7
