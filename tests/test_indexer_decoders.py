"""Decoders as a group: how many at once, in how much memory, and what they are given."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import drawing, encoded

from indexer.errors import DecoderFailed
from indexer.pipeline import process
from indexer.pipeline.decoders import Decoders, _Room
from indexer.pipeline.picture import Made, Task
from indexer.pipeline.process import DecoderProcess

LIMIT = 10**7


def tasks(folder: Path, count: int, taken: list[int] | None = None) -> Iterator[Task]:
    """Yield tasks over one picture, noting which have been taken."""
    path = folder / "picture.jpg"
    path.write_bytes(encoded(drawing(1)))
    for number in range(count):
        if taken is not None:
            taken.append(number)
        yield Task(str(path), f"{number:064x}", 320, 240, True, ())


def decoders(given: Iterator[Task], folder: Path, processes: int = 2, ahead: int = 8) -> Decoders:
    return Decoders(given, folder, processes=processes, ahead=ahead, max_pixels=LIMIT, stopped=lambda: False)


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "indexer.pipeline.decoder" in child.cmdline()]


def test_every_task_comes_back_once_and_all_processes_end(tmp_path: Path) -> None:
    with decoders(tasks(tmp_path, 40), tmp_path) as at_work:
        done = list(at_work)
    assert sorted(int(task.sha256, 16) for task, _ in done) == list(range(40))
    assert all(isinstance(made, Made) and made.pixels is not None for _, made in done)
    assert not children()


def test_no_more_is_decoded_ahead_than_may_wait(tmp_path: Path) -> None:
    taken: list[int] = []
    with decoders(tasks(tmp_path, 100, taken), tmp_path, ahead=3) as at_work:
        results = iter(at_work)
        next(results)
        settled(taken)
        # One is out, three wait, and each of two decoders holds one it cannot hand over.
        assert len(taken) <= 1 + 3 + 2
        list(results)
    assert len(taken) == 100


def settled(taken: list[int]) -> None:
    """Wait until nothing more is taken for a while."""
    before = -1
    while before != len(taken):
        before = len(taken)
        time.sleep(0.5)


def test_left_early_it_ends_its_processes_and_takes_no_more(tmp_path: Path) -> None:
    taken: list[int] = []
    with decoders(tasks(tmp_path, 1000, taken), tmp_path) as at_work:
        next(iter(at_work))
        assert children()
    assert not children()
    assert len(taken) < 30


def test_an_error_of_the_tasks_comes_through(tmp_path: Path) -> None:
    def failing() -> Iterator[Task]:
        yield from tasks(tmp_path, 2)
        raise OSError("the library went away")

    with pytest.raises(OSError, match="the library went away"), decoders(failing(), tmp_path) as at_work:
        list(at_work)
    assert not children()


def test_decoders_that_do_not_start_are_an_error_with_a_way_to_see_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MODULE", "no_such_module")
    with pytest.raises(DecoderFailed, match=r"status 1 .* python -m indexer\.pipeline\.decoder"):
        DecoderProcess(tmp_path, LIMIT)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_decoders_know_no_secrets_and_have_a_limit_on_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_QDRANT_API_KEY", "secret-of-ours")
    decoder = DecoderProcess(tmp_path, LIMIT)
    (child,) = children()
    try:
        assert "secret-of-ours" not in Path(f"/proc/{child.pid}/environ").read_text()
        soft, hard = child.rlimit(psutil.RLIMIT_AS)
        assert 0 < soft == hard < 2 * 2**30
        assert os.getsid(child.pid) != os.getsid(0)
    finally:
        decoder.end()


def test_when_their_parent_is_gone_they_end(tmp_path: Path) -> None:
    decoder = DecoderProcess(tmp_path, LIMIT)
    # What the system does to the line when a parent is killed.
    decoder._child._wire.close()
    assert decoder._child._process.wait(10) == 0


@given(st.lists(st.integers(1, 15), min_size=1, max_size=12))
def test_there_is_room_for_so_many_pixels_or_for_one_picture(pictures: list[int]) -> None:
    room, counting = _Room(10), threading.Lock()
    inside: list[int] = []
    crowds: list[list[int]] = []

    def decode(pixels: int) -> None:
        with room.of(pixels):
            with counting:
                inside.append(pixels)
                crowds.append(list(inside))
            with counting:
                inside.remove(pixels)

    threads = [threading.Thread(target=decode, args=[pixels]) for pixels in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(crowds) == len(pictures)
    assert all(sum(crowd) <= 10 or len(crowd) == 1 for crowd in crowds)
