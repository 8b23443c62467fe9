"""The pipeline when pictures are bad, decoders and networks fail, and when it is stopped or killed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shelf import Averages, Shelf, drawing, encoded, spoil

from indexer.encoder import Encoded
from indexer.errors import BackboneError, DerivedError
from indexer.pipeline import process
from indexer.pipeline.outcome import IndexOutcome, Standing

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("how", ["cut", "empty", "text", "absent", "folder"])
def test_a_bad_picture_is_listed_and_stops_nothing(shelf: Shelf, how: str) -> None:
    bad = list(shelf.library.records())[4]
    spoil(shelf.path(bad), how)
    outcome = shelf.index(Averages())
    assert (outcome.embedded, outcome.exit_code) == (8, 4)
    (failure,) = outcome.failures
    assert failure.path == str(shelf.path(bad))
    assert failure.sha256 == bad.picture.sha256
    # It is asked for again, and that is all there is to do.
    assert shelf.index(Averages()).failures == [failure]


FRAGILE = """
import os, signal, sys
from pathlib import Path
from indexer.pipeline import decoder
sound = decoder.make
def make(task, *rest):
    if task.sha256 == {sha256!r}:
        {doing}
    return sound(task, *rest)
decoder.make = make
decoder.main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
"""


def fragile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sha256: str, doing: str) -> None:
    """Let decoders be real processes that do something over one picture."""
    (tmp_path / "fragile.py").write_text(FRAGILE.format(sha256=sha256, doing=doing))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(process, "MODULE", "fragile")


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "its decoder crashed (SIGSEGV)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "its decoder was killed, perhaps for want of memory"),
        ("os._exit(3)", "its decoder crashed (status 3)"),
        ("signal.pause()", "decoding it took longer than 0.5 seconds"),
        ("bytearray(10**12)", "decoding it needs more memory than is allowed"),
        ("raise ZeroDivisionError('division by zero')", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_picture_that_ends_its_decoder_is_listed_and_stops_nothing(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doing: str, said: str
) -> None:
    bad = list(shelf.library.records())[4]
    monkeypatch.setattr(process, "SECONDS", 0.5)
    fragile(monkeypatch, tmp_path, bad.picture.sha256, doing)
    outcome = shelf.index(Averages())
    assert (outcome.embedded, outcome.exit_code) == (8, 4)
    assert [str(failure) for failure in outcome.failures] == [f"{shelf.path(bad)}: {said}"]


def test_a_decoder_ended_by_something_else_costs_no_picture(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = tmp_path / "once"
    doing = f"os.path.exists({str(once)!r}) or (open({str(once)!r}, 'w'), os.kill(os.getpid(), signal.SIGKILL))"
    fragile(monkeypatch, tmp_path, list(shelf.library.records())[4].picture.sha256, doing)
    assert shelf.index(Averages()) == IndexOutcome(known=9, embedded=9)
    assert once.exists()


def test_thumbnails_that_cannot_be_written_end_the_run_with_a_sentence(shelf: Shelf) -> None:
    folder = shelf.settings.thumbnails_dir
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    with pytest.raises(DerivedError, match="Free space or check the folder's permissions") as caught:
        shelf.index(Averages())
    assert caught.value.exit_code == 7
    folder.unlink()
    assert shelf.index(Averages()).exit_code == 0


def test_a_failing_network_ends_the_run_and_what_was_stored_stays(shelf: Shelf) -> None:
    class Failing(Averages):
        lanes, batch = 1, 2

        def encode(self, batch: np.ndarray) -> Encoded:
            if len(self.batches) == 2:
                raise BackboneError("cpu: not enough memory")
            return super().encode(batch)

    with pytest.raises(BackboneError, match="not enough memory"):
        shelf.index(Failing())
    assert len(shelf.collection()["works"]) == 4
    assert shelf.index(Averages()) == IndexOutcome(known=9, embedded=5)


def test_told_to_stop_it_keeps_what_is_done_and_goes_on_later(shelf: Shelf) -> None:
    class Slow(Averages):
        lanes, batch = 1, 2

    seen: list[Standing] = []
    outcome = shelf.index(
        Slow(), watch=seen.append, stopped=lambda: seen[-1].stage == "embedding" and seen[-1].done >= 4
    )
    assert outcome.exit_code == 130
    assert 4 <= outcome.embedded < 9
    assert len(shelf.collection()["works"]) == outcome.embedded
    assert shelf.index(Averages()) == IndexOutcome(known=9, embedded=9 - outcome.embedded)


def test_a_run_that_is_done_when_it_is_told_to_stop_is_done(shelf: Shelf) -> None:
    shelf.index(Averages())
    assert shelf.index(stopped=lambda: True).exit_code == 0


def test_it_tells_how_far_it_is(shelf: Shelf) -> None:
    spoil(shelf.path(next(shelf.library.records())), "empty")
    seen: list[Standing] = []
    shelf.index(Averages(), watch=seen.append)
    assert seen[:2] == [Standing("reading the library", 9, None), Standing("reading the library", 9, 9)]
    assert seen[2] == Standing("embedding", 0, 9)
    assert seen[-1] == Standing("embedding", 9, 9, 1)
    assert [standing.done for standing in seen[2:]] == sorted(standing.done for standing in seen[2:])


# Ends the whole process, decoders apart, at one moment of a run.
KILLED = """
import os, signal, sys
from pathlib import Path
from shelf import Averages, Shelf, spoil
from indexer.pipeline import run
from indexer.store.collection import Collection
where, count = sys.argv[2], int(sys.argv[3])
def at(place, calls=[0]):
    if place == where:
        calls[0] += 1
        if calls[0] > count:
            os.kill(os.getpid(), signal.SIGKILL)
def around(owner, name):
    sound = getattr(owner, name)
    def fragile(*arguments, **named):
        at("before " + name)
        result = sound(*arguments, **named)
        at("after " + name)
        return result
    setattr(owner, name, fragile)
around(Averages, "encode")
for name in ("prepare", "add", "delete", "set_fields"):
    around(Collection, name)
around(run, "remove_thumbnails")
def watch(standing):
    at(standing.stage)
Shelf(Path(sys.argv[1])).index(Averages(), watch=watch)
"""


@pytest.mark.parametrize(
    "moment",
    [
        ("before prepare", 0),
        ("after prepare", 0),
        ("reading the library", 0),
        ("after set_fields", 0),
        ("after delete", 0),
        ("before remove_thumbnails", 0),
        ("embedding", 0),
        ("before encode", 0),
        ("after encode", 1),
        ("before add", 1),
        ("after add", 1),
    ],
    ids=lambda moment: f"{moment[0]} {moment[1]}".replace(" ", "-"),
)
def test_killed_at_any_moment_the_same_again_ends_with_the_same(
    tmp_path_factory: pytest.TempPathFactory, scene: Shelf, undisturbed: dict[str, object], moment: tuple[str, int]
) -> None:
    shelf = Shelf(shutil.copytree(scene.data_dir, tmp_path_factory.mktemp("killed") / "data"))
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-c", KILLED, str(shelf.data_dir), moment[0], str(moment[1])]
    ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    shelf.index(Averages())
    assert shelf.collection() == undisturbed


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A library in which, since the last run, works came, changed and went."""
    shelf = Shelf(tmp_path_factory.mktemp("scene") / "data")
    shelf.keep(*(encoded(drawing(number)) for number in range(4)))
    shelf.index(Averages())
    shelf.keep(encoded(drawing(1)), title="Haystacks")
    (gone,) = shelf.keep(encoded(drawing(2)))
    shelf.library.record_path(gone.picture.sha256).unlink()
    shelf.keep(*(encoded(drawing(number)) for number in range(20, 32)))
    return shelf


@pytest.fixture(scope="module")
def undisturbed(scene: Shelf, tmp_path_factory: pytest.TempPathFactory) -> object:
    """What a run makes of it that nobody kills."""
    shelf = Shelf(shutil.copytree(scene.data_dir, tmp_path_factory.mktemp("undisturbed") / "data"))
    assert shelf.index(Averages()) == IndexOutcome(known=15, embedded=12, refreshed=1, removed=1)
    return shelf.collection()
