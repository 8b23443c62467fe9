"""Takedowns: the queue, the decisions, and that neither the file nor a resized copy comes back."""

import io
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gallery.accounts import people
from gallery.db import Database
from gallery.errors import TakedownSettled
from gallery.models import Takedown, User
from gallery.models.audit import audit_page
from gallery.models.takedowns import NEAR, ask, decide, open_requests, standing, takedown_by_id
from scraper.phash import distance, perceptual_hash

SHA = "ab" * 32

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def ada(database: Database) -> User:
    return people.add(database, "Ada", "seven brass lanterns", "admin")


def requested(database: Database, sha256: str = SHA, phash: str | None = None, by: str = "heirs@example.org") -> int:
    with database.writing() as session:
        takedown = Takedown(sha256=sha256, phash=phash, label="Wave", reason="It is ours.", asked_by=by)
        return ask(session, takedown).id


def decided(database: Database, takedown_id: int, state: Any, by: User | None) -> None:
    with database.writing() as session:
        takedown = takedown_by_id(session, takedown_id)
        assert takedown is not None
        decide(session, takedown, state, by)


def kept_away(database: Database, sha256: str, phash: str | None = None) -> bool:
    with database.reading() as session:
        return standing(session, sha256, phash) is not None


def drawing(number: int, width: int = 600, height: int = 450) -> Image.Image:
    """Return a picture of soft shapes, each number another."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def again(image: Image.Image, scale: float, quality: int) -> Image.Image:
    size = (round(image.width * scale), round(image.height * scale))
    image.resize(size, Image.Resampling.LANCZOS).save(file := io.BytesIO(), "JPEG", quality=quality)
    return Image.open(file)


def test_a_work_is_kept_away_from_the_decision_on_and_until_it_is_lifted(database: Database, ada: User) -> None:
    first, second = requested(database), requested(database, by="museum@example.org")
    other = requested(database, "cd" * 32)
    assert not kept_away(database, SHA)
    decided(database, first, "down", ada)
    assert kept_away(database, SHA) and not kept_away(database, "cd" * 32)
    with database.reading() as session:
        assert [each.id for each in open_requests(session)] == [other]
        settled = takedown_by_id(session, second)
        newest = audit_page(session, 1, 1).entries[0]
    assert settled is not None and (settled.state, settled.user_id) == ("down", ada.id) and settled.decided_at
    assert (newest.who, newest.action, newest.subject) == ("Ada", "takedown down", "Wave")
    decided(database, second, "lifted", ada)
    assert not kept_away(database, SHA)
    decided(database, first, "down", None)
    assert kept_away(database, SHA)


def test_a_refused_request_leaves_the_others_open(database: Database, ada: User) -> None:
    first, second = requested(database), requested(database)
    decided(database, first, "refused", ada)
    with database.reading() as session:
        assert [each.id for each in open_requests(session)] == [second]
    assert not kept_away(database, SHA)


@pytest.mark.parametrize("steps", [("down", "down"), ("refused", "refused"), ("lifted",), ("down", "refused")])
def test_a_decision_that_comes_too_late_is_refused(database: Database, ada: User, steps: tuple[str, ...]) -> None:
    takedown = requested(database)
    for state in steps[:-1]:
        decided(database, takedown, state, ada)
    with pytest.raises(TakedownSettled, match="already"):
        decided(database, takedown, steps[-1], ada)


def test_of_two_who_decide_at_once_one_decides(database: Database, ada: User) -> None:
    takedown = requested(database)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def choose(state: str) -> None:
        start.wait()
        try:
            decided(database, takedown, state, ada)
            outcomes.append(state)
        except TakedownSettled:
            outcomes.append("late")

    # Down may follow refused, so both orders that can happen end with the later decision or a refusal.
    threads = [threading.Thread(target=choose, args=("refused",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late", "refused"]


def test_a_resized_or_recompressed_copy_is_known_and_another_work_is_not(database: Database, ada: User) -> None:
    for number in range(3):
        decided(database, requested(database, f"{number:064x}", perceptual_hash(drawing(number))), "down", ada)
    decided(database, requested(database, "ee" * 32, None), "down", ada)
    for number in range(3):
        for scale, quality in ((0.5, 80), (0.25, 60), (2.0, 90), (1.0, 20)):
            assert kept_away(database, "ff" * 32, perceptual_hash(again(drawing(number), scale, quality)))
    strangers = [perceptual_hash(drawing(number)) for number in range(10, 40)]
    assert not any(kept_away(database, "ff" * 32, phash) for phash in strangers)
    assert not kept_away(database, "ff" * 32)


def test_the_hash_of_a_known_picture_is_pinned() -> None:
    rows, columns = np.mgrid[0:300, 0:400]
    image = Image.fromarray(((rows * 2 + columns) % 256).astype(np.uint8))
    assert perceptual_hash(image) == perceptual_hash(image.convert("RGB")) == "4319431db7e833e9"
    assert len(perceptual_hash(Image.new("L", (1, 1)))) == 16


@pytest.mark.parametrize(
    ("one", "other", "bits"), [("0" * 16, "0" * 16, 0), ("0" * 16, "f" * 16, 64), ("1" * 16, "3" * 16, 16)]
)
def test_distances_are_counted_in_bits(one: str, other: str, bits: int) -> None:
    assert distance(one, other) == distance(other, one) == bits
    assert 4 < NEAR < 12
