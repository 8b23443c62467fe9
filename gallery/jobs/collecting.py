"""The stage that collects: the scraper in a process of its own, watched from here, and ended with all it started."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from gallery.errors import StageFailed
from gallery.jobs.kinds import Task
from gallery.jobs.order import Order
from gallery.models.artists import artist_by_id
from scraper.inspector import environment
from scraper.settings import ScraperSettings
from scraper.stand_in import VARIABLE as STAND_IN

PATIENCE = 0.3
_GRACE = 10.0
_LAST_GRACE = 2.0
_TURNS, _TURN_SECONDS = 6, 3.0
_NOT_ALONE = 75
_LONGEST_LINE = 1 << 20
_MOST_REASONS = 12
# What helps Chromium and its driver to be found, besides what any Python process needs.
_ALSO = (STAND_IN, "PLAYWRIGHT_BROWSERS_PATH", "XDG_CACHE_HOME", "SSL_CERT_FILE")
_ENDED_BADLY = "the collecting process ended with {}: what it had kept is kept. Resume goes on from there."
Hear = Callable[[dict[str, Any]], None]


def collect(task: Task) -> str | None:
    """Collect an artist's works from the sources and pages that were asked for."""
    asked, shop = task.job.asked, task.shop
    order = Order(
        artist=artist_name(task),
        aliases=asked.get("aliases", []),
        limit=asked["limit"],
        pages=asked.get("pages", []),
        sources=asked.get("sources", []),
        seconds=shop.scraping.deadline,
        settings=plain_settings(shop.scraping),
    )
    return _run(task, order)


def take_in(task: Task) -> str | None:
    """Take the pictures of an upload into the library, and remove the upload when all of it was looked at."""
    asked, shop = task.job.asked, task.shop
    folder = (shop.settings.uploads_dir / asked["upload"]).resolve()
    if not folder.is_dir():
        raise StageFailed("The upload is no longer there: it was taken in before, or removed. Upload it again.")
    order = Order(
        artist=artist_name(task),
        limit=sys.maxsize,
        pages=[str(folder)],
        folder=True,
        licence=asked.get("licence"),
        credit=asked.get("credit"),
        seconds=3600.0,
        settings=plain_settings(shop.scraping),
    )
    said = _run(task, order)
    if not task.board.stop.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return said


def artist_name(task: Task) -> str:
    """Return the name works are filed under: as the artist is called now, or as it was asked for."""
    if task.job.artist_id is not None:
        with task.shop.database.reading() as session:
            artist = artist_by_id(session, task.job.artist_id)
        if artist is not None:
            return artist.name
    return str(task.job.asked["name"])


def plain_settings(scraping: ScraperSettings, **more: Any) -> dict[str, Any]:
    """Return the scraper's settings as the collecting process takes them; its data folder as seen from anywhere."""
    return scraping.model_dump(mode="json") | {"data_dir": str(scraping.data_dir.resolve())} | more


def _run(task: Task, order: Order) -> str | None:
    for _ in range(_TURNS):
        tally = Tally(task, order.limit if order.limit < sys.maxsize else None)
        run_collector(task, order, tally.hear)
        # The process of a worker that was killed a moment ago takes some seconds to notice and to end.
        if not tally.not_alone or task.board.stop.wait(_TURN_SECONDS):
            break
    return tally.verdict(stopped=task.board.stop.is_set())


def run_collector(task: Task, order: Order, hear: Hear) -> None:
    """Run the collecting process until it ends or the board says stop; it is never left behind.

    Raises `StageFailed` if it died.
    """
    with _temporary(task) as folder, (folder / "errors").open("w+b") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "gallery.jobs.collector", str(task.job.id)],
            env=_environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        task.board.pid = process.pid
        try:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.write(order.to_json().encode() + b"\n")
                process.stdin.flush()
            over = _listen(task, process, hear)
        finally:
            status = _end(process)
            task.board.pid = None
            _tell_errors(task, errors)
        if not over and not task.board.stop.is_set():
            how = f"signal {-status}" if status < 0 else f"status {status}"
            raise StageFailed(_ENDED_BADLY.format(how))


def _listen(task: Task, process: "subprocess.Popen[bytes]", hear: Hear) -> bool:
    """Hear what it says; tell whether it came to its end, which one that was killed did not."""
    over = False
    for line in _lines(task, process):
        said = json.loads(line)
        over = over or said["event"] == "over" or (said["event"] == "end" and "found" not in said)
        hear(said)
    return over


def _lines(task: Task, process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    assert process.stdout is not None
    buffer = b""
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        until = float("inf")
        while time.monotonic() < until:
            if task.board.stop.is_set() and until == float("inf"):
                # It goes on telling what it still brings to an end.
                _hang_up(process)
                until = time.monotonic() + _GRACE
            if not selector.select(PATIENCE):
                continue
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return
            *lines, buffer = (buffer + piece).split(b"\n")
            yield from lines
            if len(buffer) > _LONGEST_LINE:
                raise StageFailed("the collecting process said something without end.")


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Have it end, whatever it is at; one that goes on is killed with all it started."""
    assert process.stdout is not None
    _hang_up(process)
    process.stdout.close()
    try:
        status = process.wait(timeout=_LAST_GRACE)
    except subprocess.TimeoutExpired:
        status = 0
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return status or process.wait()


def _hang_up(process: "subprocess.Popen[bytes]") -> None:
    """Close its stdin, which it takes for the sign to end in good order."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()


def _tell_errors(task: Task, errors: Any) -> None:
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - 4000))
    for line in errors.read().decode(errors="replace").splitlines()[-8:]:
        if line.strip() and "BrokenPipe" not in line:
            task.board.say(line)


@contextmanager
def _temporary(task: Task) -> Iterator[Path]:
    # Whatever a browser leaves behind when it is killed goes with this folder.
    folder = Path(tempfile.mkdtemp(prefix=f"gallery-job-{task.job.id}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    also = {name: os.environ[name] for name in _ALSO if name in os.environ}
    return environment() | also | {"TMPDIR": str(folder)}


class Tally:
    """What the collecting process has told, summed up on the board by source."""

    def __init__(self, task: Task, limit: int | None) -> None:
        self._task, self._limit = task, limit
        self._sources: dict[str, dict[str, Any]] = {}
        self._reasons: Counter[str] = Counter()
        self._errors: list[str] = []
        self._end: dict[str, Any] = {}

    def hear(self, said: dict[str, Any]) -> None:
        """Count an event and show it."""
        board = self._task.board
        match said["event"]:
            case "found":
                self._of(said)["found"] += 1
            case "stored":
                known = said["how"] == "duplicate"
                self._of(said)["duplicates" if known else "kept"] += 1
                if said["how"] == "new":
                    board.say(f"{said['source']}: kept {said['title']}")
            case "skipped":
                self._of(said)["skipped"] += 1
                self._reasons[said["reason"]] += 1
                board.say(f"{said['source']}: left out {said['address']}: {said['reason']} {said['detail']}")
            case "failed":
                if said["source"]:
                    self._of(said)["error"] = said["error"]
                    self._errors.append(said["error"])
                board.say(said["error"])
            case "end":
                self._end = said
        self._show()

    @property
    def not_alone(self) -> bool:
        """Whether nothing was done because another process collects for the same artist."""
        return self._end.get("exit_code") == _NOT_ALONE

    def verdict(self, *, stopped: bool) -> str | None:
        """Return what was not to be had, in a sentence; raise `StageFailed` when nothing was."""
        end = self._end
        if stopped:
            return None
        if end.get("error"):
            raise StageFailed(end["error"])
        if end.get("stopped"):
            minutes = self._task.shop.scraping.deadline // 60
            return f"Collecting was ended after {minutes} minutes; what came until then is kept. Resume goes on."
        if not end.get("new", 0) + end.get("changed", 0) + end.get("same", 0):
            raise StageFailed(self._errors[0] if self._errors else self._nothing())
        return self._errors[0] if self._errors else None

    def _nothing(self) -> str:
        why = ", ".join(f"{count} {reason}" for reason, count in self._reasons.most_common(3))
        return f"Nothing could be kept{f': {why}' if why else ', for nothing was found'}. The log says more."

    def _of(self, said: dict[str, Any]) -> dict[str, Any]:
        empty = {"found": 0, "kept": 0, "duplicates": 0, "skipped": 0}
        return self._sources.setdefault(said["source"], empty)

    def _show(self) -> None:
        kept = sum(source["kept"] for source in self._sources.values())
        found = sum(source["found"] for source in self._sources.values())
        board = self._task.board
        reasons = dict(self._reasons.most_common(_MOST_REASONS))
        sources = {name: dict(said) for name, said in self._sources.items()}
        board.show(self._task.stage, done=kept, total=self._limit or found, sources=sources, reasons=reasons)
        end = self._end
        board.count(found=found, kept=kept, skipped=sum(self._reasons.values()), new=end.get("new", 0))
