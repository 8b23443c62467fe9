"""The museum's pictures: what the catalogue promises, drawings that repeat themselves, tools, and files made once."""

import io
import operator
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gallery.errors import DrawingFailed
from gallery.museum import canvas
from gallery.museum.atelier import draw, encoded, file_of, undrawn
from gallery.museum.catalogue import all_artists, all_works
from gallery.museum.model import Artist, Layout, Work
from scraper.errors import StorageError

ARTISTS = {artist.slug: artist for artist in all_artists()}
QUICK = ARTISTS["ilse-vandermeer"]


def test_there_are_many_artists_with_twenty_works_each() -> None:
    assert len(ARTISTS) == len(all_artists()) >= 12
    assert {len(artist.works) for artist in ARTISTS.values()} == {20}
    assert {artist.layout for artist in ARTISTS.values()} == set(get_args(Layout))
    licences = {artist.terms.code for artist in ARTISTS.values()}
    assert licences == {"CC0-1.0", "CC-BY-4.0", None}
    assert len({artist.movement for artist in ARTISTS.values()}) == len(ARTISTS)


@pytest.mark.parametrize("artist", ARTISTS.values(), ids=ARTISTS)
def test_the_catalogue_makes_sense(artist: Artist) -> None:
    works = artist.works
    assert len({work.file for work in works}) == len({work.title for work in works}) == len(works)
    years = [work.year for work in works]
    assert years == sorted(years) and artist.born + 20 < years[0] and years[-1] <= artist.died
    for width, height in {work.size for work in works}:
        assert 900 <= max(width, height) <= 1400 and max(width, height) < 2.5 * min(width, height)


def test_sizes_and_shapes_vary() -> None:
    sizes = Counter(work.size for work in all_works(all_artists()))
    shapes = {round(width / height, 1) for width, height in sizes}
    assert len(sizes) > 20 and min(shapes) < 0.7 and max(shapes) > 1.7


@cache
def first_work(slug: str) -> Image.Image:
    return ARTISTS[slug].works[0].image()


@pytest.mark.parametrize("slug", ARTISTS)
def test_a_drawing_repeats_itself(slug: str) -> None:
    work, image = ARTISTS[slug].works[0], first_work(slug)
    assert image.size == work.size and image.mode == "RGB"
    assert image.tobytes() == work.image().tobytes()
    assert np.asarray(image.resize((64, 64)), np.float32).std() > 8


def test_no_drawing_repeats_another() -> None:
    images = [*map(first_work, ARTISTS), *(work.image() for work in QUICK.works[1:])]
    small = [np.asarray(image.resize((24, 24)), np.float32) for image in images]
    for one, other in combinations(small, 2):
        assert np.abs(one - other).mean() > 4


def test_another_take_is_another_throw_of_the_dice() -> None:
    again = replace(QUICK, takes={0: 1})
    assert again.works[0].image().tobytes() != QUICK.works[0].image().tobytes()
    assert again.works[1].image().tobytes() == QUICK.works[1].image().tobytes()


@pytest.mark.parametrize(
    "artist", [QUICK, ARTISTS["tadeo-marchetti"], ARTISTS["kenji-morisato"]], ids=lambda each: each.suffix
)
def test_files_are_what_their_names_say(artist: Artist) -> None:
    with Image.open(io.BytesIO(encoded(artist.works[0]))) as image:
        image.load()
        assert image.format == {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[artist.suffix]
        assert image.size == artist.works[0].size


# The tools.


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.tuples(st.floats(1, 500), st.floats(1, 500)),
    st.integers(1, 5),
    st.integers(0, 2**32),
)
def test_noise_has_the_size_asked_for_and_stays_in_bounds(
    width: int, height: int, cell: tuple[float, float], octaves: int, seed: int
) -> None:
    made = canvas.noise(np.random.default_rng(seed), width, height, cell, octaves)
    assert made.shape == (height, width) and made.dtype == np.float32
    assert np.isfinite(made).all() and np.abs(made).max() < 2.5


def test_noise_of_large_cells_is_smooth() -> None:
    made = canvas.noise(np.random.default_rng(3), 400, 300, 200, 1)
    assert np.abs(np.diff(made, axis=1)).max() < 0.05 and np.ptp(made) > 0.2


@given(st.floats(-20, 20), st.floats(0.5, 20))
def test_cover_is_whole_inside_nothing_outside_and_half_on_the_line(distance: float, softness: float) -> None:
    inside, line, outside = canvas.cover(np.array([-abs(distance) - softness, 0, abs(distance) + softness]), softness)
    assert (inside, line, outside) == (1, 0.5, 0)


def test_an_edge_from_a_formula_is_one_pixel_wide() -> None:
    x, y = canvas.axes(60, 40)
    edge = canvas.above_zero((x + 0.3 * y - 31.2) * 7)
    between = ((edge > 0) & (edge < 1)).sum(axis=1)
    assert between.min() >= 1 and between.max() <= 2
    assert edge[:, :10].max() == 0 and edge[:, -10:].min() == 1


@given(st.integers(0, 2**32), st.sampled_from(["whole", "row", "column", "empty"]), st.booleans())
def test_paint_goes_where_the_mask_says(seed: int, kind: str, as_picture: bool) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.random((13, 17, 3)).astype(np.float32)
    shape = {"whole": (13, 17), "row": (1, 17), "column": (13, 1), "empty": (13, 17)}[kind]
    mask = (rng.random(shape) * (rng.random(shape) < 0.3) * (kind != "empty")).astype(np.float32)
    colour = rng.random((13, 17, 3) if as_picture else 3).astype(np.float32)
    expected = picture + (colour - picture) * np.broadcast_to(mask, (13, 17))[..., None]
    canvas.lay(picture, colour, mask)
    assert np.allclose(picture, expected, atol=1e-6)


def test_a_part_of_a_picture_is_a_view_with_its_own_places() -> None:
    picture = canvas.plane(30, 20, canvas.rgb("000000"))
    part, x, y = canvas.within(picture, 25, -4, 90, 3)
    part += 1
    assert part.shape[:2] == (4, 5) and x[0, 0] == 25.5 and y[0, 0] == 0.5
    assert picture[:4, 25:].min() == 1 and picture.sum() == 4 * 5 * 3
    assert canvas.within(picture, 40, 0, 60, 10)[0].size == 0


def test_a_gradient_goes_from_the_first_colour_to_the_last() -> None:
    ends = canvas.ramp(np.array([-1.0, 0.0, 0.5, 1.0, 7.0]), canvas.tones("000000 ff0000 ffffff"))
    assert np.allclose(ends, [[0, 0, 0], [0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 1, 1]], atol=0.005)


def test_a_curve_goes_through_its_points() -> None:
    points = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], float)
    curve = canvas.smooth(points, steps=5)
    assert np.allclose(curve[::5], points) and len(curve) == 20


# The making.


def few(count: int) -> list[Work]:
    return list(QUICK.works[:count])


def test_works_are_drawn_once_and_told_of_when_they_are_safe(tmp_path: Path) -> None:
    works, told = few(5), []

    def tell(work: Work) -> None:
        with Image.open(file_of(tmp_path, work)) as image:
            assert image.size == work.size
        told.append(work)

    draw(works[:2], tmp_path)
    assert undrawn(works, tmp_path) == works[2:]
    draw(undrawn(works, tmp_path), tmp_path, workers=2, notify=tell)
    assert sorted(work.number for work in told) == [2, 3, 4]
    assert undrawn(works, tmp_path) == []
    assert sorted(path.name for path in (tmp_path / QUICK.slug).iterdir()) == [work.file for work in works]


def test_several_processes_draw_what_one_draws(tmp_path: Path) -> None:
    draw(few(3), tmp_path, workers=3)
    assert [file_of(tmp_path, work).read_bytes() for work in few(3)] == [encoded(work) for work in few(3)]


def test_a_process_that_dies_is_told_of(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # A function that cannot draw; what a process that is killed leaves behind is the same.
    broken = replace(QUICK, draw=operator.abs)  # type: ignore[arg-type]
    with pytest.raises(
        DrawingFailed, match=r"Ilse Vandermeer, 'Composition with Red and Grey': .*Run the same command"
    ):
        draw(broken.works[:1], tmp_path)
    assert not list(tmp_path.rglob("*.jpg")) and "TypeError" in capfd.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "museum").write_text("in the way")
    with pytest.raises(StorageError, match="museum"):
        draw(few(1), tmp_path / "museum")


DRAWING = """
from pathlib import Path
from gallery.museum.atelier import draw, undrawn
from gallery.museum.catalogue import all_artists
works = [artist for artist in all_artists() if artist.slug == "ilse-vandermeer"][0].works
draw(undrawn(works, Path({folder!r})), Path({folder!r}))
"""


def test_killed_while_drawing_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    code = DRAWING.format(folder=str(tmp_path))
    running = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    kept: list[Path] = []
    while len(kept) < 3:
        assert running.poll() is None and time.sleep(0.01) is None
        kept = list(tmp_path.glob("ilse-vandermeer/*"))
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    # Its drawing processes end by themselves.
    for _ in range(200):
        if subprocess.run(["pgrep", "-g", str(running.pid)], capture_output=True).returncode:
            break
        time.sleep(0.05)
    else:
        pytest.fail("a drawing process lives on")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("ilse-vandermeer/*")}
    assert 3 <= len(before) < 20
    subprocess.run([sys.executable, "-c", code], check=True)
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("ilse-vandermeer/*")}
    assert sorted(after) == [work.file for work in QUICK.works]
    assert all(after[name] == at for name, at in before.items())
    assert not list((tmp_path / "tmp").iterdir())
