"""Pictures that visitors ask with: read in a fenced process, seen by a real network, recognised by their looks."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from shelf import MAX_PIXELS, drawing, encoded, keep

from indexer.encoder import BACKBONES
from indexer.lookup.desk import Desk
from indexer.lookup.errors import LookupBusy, LookupFailed
from indexer.lookup.looks import Looks
from indexer.lookup.network import Order
from indexer.lookup.question import SHOWN_SIDE, Box
from indexer.preprocess import network_pixels
from indexer.store.model import CONTENT
from indexer.weights import BUNDLED, find_weights
from scraper.errors import PictureError
from scraper.library import Library

WHOLE = Box()
PHOTO = encoded(drawing(7, (1600, 1200)), quality=95)


def order() -> Order:
    card = find_weights(BUNDLED, None, lambda said: None).card
    return Order(BUNDLED, None, "cpu", card, "here")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A desk with the network that needs no download; it is loaded once for all tests."""
    known = order()
    desk = Desk(lambda: known, max_pixels=MAX_PIXELS, waiting=1)
    yield desk
    desk.close()


def test_a_picture_is_seen_as_the_index_would_small_upright_and_without_its_metadata(desk: Desk) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera's secret"
    exif[0x0112] = 6
    content = encoded(drawing(7, (1600, 1200)), quality=95, exif=exif)
    sight = desk.look(content, WHOLE)
    assert (sight.seen.width, sight.seen.height) in {(1200, 1600)}
    assert (sight.seen.shown_width, sight.seen.shown_height) == (540, SHOWN_SIDE)
    assert b"secret" not in sight.seen.shown
    assert len(sight.vector) == BACKBONES[BUNDLED].width
    assert np.linalg.norm(sight.vector) == pytest.approx(1, abs=1e-5)
    upright = drawing(7, (1600, 1200)).transpose(Image.Transpose.ROTATE_270)
    assert np.abs(sight.seen.pixels.astype(int) - network_pixels(upright)).mean() < 3
    assert sight.vectors.keys() == {CONTENT}, "the collection has no other lenses"
    assert sight.vector @ desk.look(encoded(upright, "PNG"), WHOLE).vector > 0.98


def test_what_comes_back_is_seen_as_before_and_not_encoded_again(desk: Desk) -> None:
    first = desk.look(PHOTO, WHOLE)
    second = desk.look(first.seen.shown, WHOLE)
    assert second.seen.shown == first.seen.shown
    np.testing.assert_allclose(second.vector, first.vector, atol=1e-5)


def test_a_detail_is_seen_by_itself(desk: Desk) -> None:
    left, right = drawing(1, (600, 600)), drawing(2, (600, 600))
    both = Image.new("RGB", (1200, 600))
    both.paste(left, (0, 0))
    both.paste(right, (600, 0))
    detail = desk.look(encoded(both, quality=95), Box(0.5, 0, 1, 1)).vector
    alone = desk.look(encoded(right, quality=95), WHOLE).vector
    other = desk.look(encoded(left, quality=95), WHOLE).vector
    assert detail @ alone > 0.95
    assert detail @ alone > detail @ other


def test_the_network_is_loaded_once_and_never_here(desk: Desk) -> None:
    desk.look(PHOTO, WHOLE)
    before = desk.processes
    desk.look(encoded(drawing(9)), WHOLE)
    assert desk.processes == before
    assert os.getpid() not in before


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "not-a-picture"),
        (b"GIF89a", "not-a-picture"),
        (b"<html>no picture</html>", "not-a-picture"),
        (PHOTO[: len(PHOTO) // 3], "damaged"),
        (encoded(drawing(1, (20, 20)), "PNG"), "too-small"),
        (encoded(drawing(1, (40, 400)), "PNG"), "too-long"),
        (encoded(Image.new("L", (9000, 9000)), "PNG"), "too-many-pixels"),
    ],
)
def test_what_is_no_picture_is_refused_and_costs_nothing(content: bytes, kind: str, desk: Desk) -> None:
    desk.look(PHOTO, WHOLE)
    before = desk.processes
    with pytest.raises(PictureError) as caught:
        desk.look(content, WHOLE)
    assert caught.value.kind == kind
    assert desk.processes == before


def test_a_picture_that_kills_its_reader_is_told_of_and_the_next_has_another(desk: Desk) -> None:
    desk.look(PHOTO, WHOLE)
    reader = desk.processes[0]
    os.kill(reader, signal.SIGKILL)
    with pytest.raises(PictureError) as caught:
        desk.look(PHOTO, WHOLE)
    assert caught.value.kind == "decoder-crashed"
    desk.look(PHOTO, WHOLE)
    assert desk.processes[0] != reader


def test_more_than_may_wait_are_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    going, entered, done = threading.Event(), threading.Semaphore(0), []

    def slow(*given: object) -> object:
        entered.release()
        assert going.wait(60)
        raise PictureError("damaged", "held up for this test")

    monkeypatch.setattr(desk, "_read", slow)

    def hand_in() -> None:
        with pytest.raises(PictureError):
            desk.look(PHOTO, WHOLE)
        done.append(1)

    threads = [threading.Thread(target=hand_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=30)
    # One is looked at and one waits; that the second stands in line shows in that a third is sent away.
    deadline = time.monotonic() + 30
    while desk._line._value and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(LookupBusy, match="being looked at already"):
        desk.look(PHOTO, WHOLE)
    going.set()
    for thread in threads:
        thread.join()
    assert len(done) == 2


def test_a_collection_of_another_network_is_not_asked() -> None:
    mine = order()
    foreign = replace(mine, stored=replace(mine.stored, weights_sha256="ab" * 32))
    desk = Desk(lambda: foreign, max_pixels=MAX_PIXELS, waiting=0)
    try:
        with pytest.raises(LookupFailed, match="here: made with"):
            desk.look(encoded(drawing(3)), WHOLE)
    finally:
        desk.close()


def test_looks_know_a_picture_however_it_is_turned_mirrored_or_resized(tmp_path: Path, desk: Desk) -> None:
    records = keep(tmp_path, *(encoded(drawing(number), quality=95) for number in range(5)))
    looks = Looks(Library(tmp_path))
    image = drawing(3)
    sha256 = records[3].picture.sha256
    for made, turned in (
        (image, False),
        (image.resize((900, 675)), False),
        (ImageOps.mirror(image), True),
        (image.rotate(90, expand=True), True),
    ):
        seen = desk.look(encoded(made, quality=80), WHOLE).seen
        assert [(name, how) for name, _, how in looks.alike(seen.looks, 1)] == [(sha256, turned)]
    assert looks.alike(desk.look(encoded(drawing(99)), WHOLE).seen.looks, 1) == []
    assert looks.alike((), 1) == []


def test_looks_are_read_again_when_the_library_has_changed(tmp_path: Path) -> None:
    looks = Looks(Library(tmp_path))
    assert looks.alike(["0123456789abcdef"], 0) == []
    (record,) = keep(tmp_path, encoded(drawing(1)))
    assert record.picture.phash is not None
    assert looks.alike([record.picture.phash], 0) == []
    assert looks.alike([record.picture.phash], 1) == [(record.picture.sha256, 0, False)]
    Library(tmp_path).record_path(record.picture.sha256).write_text("{")
    assert Looks(Library(tmp_path)).alike([record.picture.phash], 1) == []


@given(st.tuples(*[st.floats(-0.5, 1.5)] * 4), st.integers(1, 5000), st.integers(1, 5000))
def test_a_detail_lies_within_its_picture_or_is_none(edges: tuple[float, ...], width: int, height: int) -> None:
    try:
        box = Box(*edges)
    except ValueError:
        return
    left, top, right, bottom = box.pixels(width, height)
    assert 0 <= left < right <= width + 1
    assert 0 <= top < bottom <= height + 1
