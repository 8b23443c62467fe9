"""One picture: the same pixels however it is read, and what the decoder's process says of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from shelf import drawing, encoded

from indexer.pipeline.decoder import task_from, task_to
from indexer.pipeline.picture import DRAFT_FOR_PIXELS, Task, make, shortest_for
from indexer.preprocess import network_pixels
from indexer.quality.measuring import from_thumbnail
from indexer.thumbnails import SIZES, missing_sizes, sizes_for, thumbnail_path
from scraper.errors import PictureError
from scraper.pictures import open_upright

SHA = "ab" * 32


def task(path: Path, size: tuple[int, int], pixels: bool = True, sizes: tuple[int, ...] = ()) -> Task:
    return Task(str(path), SHA, *size, pixels, sizes)


def saved(folder: Path, size: tuple[int, int], format_: str = "JPEG", **more: object) -> Path:
    path = folder / f"picture.{format_.lower()}"
    path.write_bytes(encoded(drawing(3, size), format_, **more))
    return path


@pytest.mark.parametrize("size", [(320, 240), (900, 1200), (2600, 2100)])
def test_pixels_are_the_same_with_and_without_thumbnails(tmp_path: Path, size: tuple[int, int]) -> None:
    path = saved(tmp_path, size)
    alone = make(task(path, size), tmp_path, 10**7)
    among = make(task(path, size, sizes=sizes_for(*size)), tmp_path, 10**7)
    assert alone.pixels is not None
    assert np.array_equal(alone.pixels, among.pixels)
    assert alone.placeholder == among.placeholder
    assert missing_sizes(tmp_path, SHA, *size) == ()


def test_a_large_jpeg_read_smaller_gives_the_same_picture(tmp_path: Path) -> None:
    size = (2600, 2100)
    path = saved(tmp_path, size, quality=90)
    drafted = open_upright(path, max_pixels=10**7, shortest=DRAFT_FOR_PIXELS)
    assert drafted.size == (1300, 1050)
    made = make(task(path, size), tmp_path, 10**7)
    whole = network_pixels(open_upright(path, max_pixels=10**7))
    assert made.pixels is not None
    assert np.sqrt(((made.pixels.astype(float) - whole) ** 2).mean()) < 1


@pytest.mark.parametrize(
    ("format_", "size", "crop"),
    [
        ("JPEG", (2600, 2100), ()),
        ("JPEG", (1300, 900), (0.1, 0.0, 1.0, 0.8)),
        ("PNG", (700, 960), ()),
        ("PNG", (1, 2), ()),
    ],
)
def test_measures_are_those_that_its_thumbnail_gives_later(
    tmp_path: Path, format_: str, size: tuple[int, int], crop: tuple[float, ...]
) -> None:
    path = saved(tmp_path, size, format_)
    shown = (1170, 720) if crop else size
    measured = Task(str(path), SHA, *shown, True, sizes_for(*shown), crop, measured=True)
    made = make(measured, tmp_path, 10**7)
    assert made.measures == from_thumbnail(tmp_path, SHA, *shown)
    assert make(replace(measured, measured=False), tmp_path, 10**7).measures is None


def test_a_picture_whose_thumbnail_cannot_be_measured_is_used_all_the_same(tmp_path: Path) -> None:
    size = (600, 400)
    thumbnail_path(tmp_path, SHA, 960).parent.mkdir()
    thumbnail_path(tmp_path, SHA, 960).write_bytes(b"not a picture")
    measured = Task(str(saved(tmp_path, size)), SHA, *size, True, (240,), measured=True)
    made = make(measured, tmp_path, 10**7)
    assert made.pixels is not None and made.measures is None


def test_thumbnails_alone_need_no_pixels(tmp_path: Path) -> None:
    path = saved(tmp_path, (500, 400), "PNG")
    made = make(task(path, (500, 400), pixels=False, sizes=(240,)), tmp_path, 10**7)
    assert (made.pixels, made.placeholder) == (None, None)
    with Image.open(thumbnail_path(tmp_path, SHA, 240)) as thumbnail:
        assert thumbnail.size == (240, 192)


def test_a_turned_photograph_is_upright_everywhere(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, (400, 300), exif=exif.tobytes())
    made = make(task(path, (300, 400), sizes=(240,)), tmp_path, 10**7)
    with Image.open(thumbnail_path(tmp_path, SHA, 240)) as thumbnail:
        assert thumbnail.size == (180, 240)
    upright = drawing(3, (400, 300)).transpose(Image.Transpose.ROTATE_270)
    assert made.pixels is not None
    assert np.abs(made.pixels.astype(int) - network_pixels(upright)).mean() < 6


def test_more_pixels_than_allowed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Pillow has one limit for the whole process; put back at the end.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    with pytest.raises(PictureError, match="too-many-pixels"):
        make(task(saved(tmp_path, (400, 300)), (400, 300)), tmp_path, 100_000)


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, len(SIZES)))
def test_a_thumbnail_is_always_made_from_at_least_twice_its_pixels(width: int, height: int, count: int) -> None:
    sizes = SIZES[:count]
    shortest = shortest_for(Task("", SHA, width, height, False, sizes))
    longest = shortest * max(width, height) / min(width, height)
    assert shortest >= 1
    assert longest + max(width, height) / min(width, height) >= 2 * max(sizes)


@given(st.text(), st.integers(), st.booleans(), st.lists(st.integers()), st.booleans())
def test_a_task_arrives_as_it_was_sent(path: str, side: int, pixels: bool, sizes: list[int], measured: bool) -> None:
    sent = Task(path, SHA, side, side + 1, pixels, tuple(sizes), measured=measured)
    assert task_from(task_to(sent)) == sent
