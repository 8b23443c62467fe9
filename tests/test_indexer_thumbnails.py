"""Thumbnails: their names, sizes and files."""

import base64
import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indexer.thumbnails import (
    SIZES,
    missing_sizes,
    placeholder,
    remove_thumbnails,
    shrink,
    sizes_for,
    sweep,
    thumbnail_path,
    write_thumbnails,
)

SHA = "ab" * 32


def picture(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([rows % 256, columns % 256, (rows + columns) % 256], -1).astype(np.uint8))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (240,)),
        ((224, 160), (240,)),
        ((240, 100), (240,)),
        ((241, 100), (240, 480)),
        ((100, 1100), (240, 480, 960, 1600)),
        ((960, 700), (240, 480, 960)),
        ((9000, 100), (240, 480, 960, 1600)),
    ],
)
def test_sizes_end_with_the_first_that_holds_the_whole_picture(
    size: tuple[int, int], expected: tuple[int, ...]
) -> None:
    assert sizes_for(*size) == expected


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_only_the_last_size_may_be_larger_than_the_picture(width: int, height: int) -> None:
    sizes = sizes_for(width, height)
    assert sizes == SIZES[: len(sizes)]
    assert all(size < max(width, height) for size in sizes[:-1])


def test_files_are_webp_of_the_named_sizes_and_never_enlarged(tmp_path: Path) -> None:
    image = picture(1000, 500)
    write_thumbnails(image, tmp_path, SHA, sizes_for(*image.size))
    found = {}
    for size in SIZES:
        with Image.open(thumbnail_path(tmp_path, SHA, size)) as file:
            assert file.format == "WEBP"
            found[size] = file.size
    assert found == {240: (240, 120), 480: (480, 240), 960: (960, 480), 1600: (1000, 500)}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".webp"]


def test_missing_and_empty_files_are_asked_for_again(tmp_path: Path) -> None:
    image = picture(600, 300)
    assert missing_sizes(tmp_path, SHA, *image.size) == (240, 480, 960)
    write_thumbnails(image, tmp_path, SHA, (240, 480, 960))
    assert missing_sizes(tmp_path, SHA, *image.size) == ()
    thumbnail_path(tmp_path, SHA, 480).write_bytes(b"")
    assert missing_sizes(tmp_path, SHA, *image.size) == (480,)
    remove_thumbnails(tmp_path, SHA)
    assert missing_sizes(tmp_path, SHA, *image.size) == (240, 480, 960)


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    target = thumbnail_path(tmp_path, SHA, 240)
    target.mkdir(parents=True)
    with pytest.raises(OSError):
        write_thumbnails(picture(50, 50), tmp_path, SHA, (240,))
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_what_a_killed_writer_left_is_swept_away_but_not_what_one_is_at(tmp_path: Path) -> None:
    write_thumbnails(picture(50, 50), tmp_path, SHA, (240,))
    whole = thumbnail_path(tmp_path, SHA, 240)
    old, new = whole.with_name(f".{whole.name}.17"), whole.with_name(f".{whole.name}.18")
    for part in (old, new):
        part.write_bytes(b"RIFF")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    os.utime(whole, (two_hours_ago, two_hours_ago))
    sweep(tmp_path)
    sweep(tmp_path / "absent")
    assert sorted(whole.parent.iterdir()) == sorted([whole, new])


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 3000), (700, 500)])
def test_a_placeholder_is_a_tiny_webp_of_the_same_shape(size: tuple[int, int]) -> None:
    encoded = base64.b64decode(placeholder(picture(*size)))
    assert len(encoded) < 500
    with Image.open(io.BytesIO(encoded)) as file:
        assert max(file.size) <= 16
        assert file.size == shrink(picture(*size), 16).size


def test_thumbnails_look_like_the_original(tmp_path: Path) -> None:
    image = picture(1200, 900)
    write_thumbnails(image, tmp_path, SHA, (240, 480))
    direct = np.asarray(image.resize((240, 180), Image.Resampling.LANCZOS), dtype=float)
    with Image.open(thumbnail_path(tmp_path, SHA, 240)) as file:
        difference = np.abs(np.asarray(file.convert("RGB"), dtype=float) - direct).mean()
    assert difference < 8
