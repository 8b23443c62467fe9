"""Where the works are drawn: once, by several processes, each picture whole on disk or not there at all."""

import io
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from gallery.errors import DrawingFailed
from gallery.museum.model import Work
from scraper.disk import Workspace

# What Pillow is asked for, by suffix.
ENCODINGS: dict[str, dict[str, Any]] = {
    "jpg": {"format": "JPEG", "quality": 91, "progressive": True, "subsampling": 0},
    "png": {"format": "PNG", "compress_level": 4},
    "webp": {"format": "WEBP", "quality": 90, "method": 3},
}

_PATIENCE = 5.0


def file_of(folder: Path, work: Work) -> Path:
    """Return where the picture of a work lies."""
    return folder / work.artist.slug / work.file


def undrawn(works: Iterable[Work], folder: Path) -> list[Work]:
    """Return the works that have no picture yet; one that has is whole, since it got its name last."""
    return [work for work in works if not file_of(folder, work).exists()]


def draw(
    works: Sequence[Work],
    folder: Path,
    *,
    workers: int | None = None,
    notify: Callable[[Work], None] = lambda work: None,
) -> None:
    """Draw these works into the folder, telling of each one that is safe on disk.

    Killed at any moment, the same call with what `undrawn` returns goes on from there. Raises `StorageError` when
    the folder cannot be written, and `DrawingFailed` when a drawing process dies.
    """
    count = max(1, min(len(works), workers or os.cpu_count() or 1))
    with Workspace(folder) as workspace, ExitStack() as stack:
        pens = [stack.enter_context(_pen()) for _ in range(count)]
        for work, content in _drawn(iter(works), pens):
            workspace.write([(file_of(folder, work), content)])
            notify(work)


def encoded(work: Work) -> bytes:
    """Return the file of a work, drawn afresh."""
    content = io.BytesIO()
    work.image().save(content, **ENCODINGS[work.artist.suffix])
    return content.getvalue()


def _drawn(works: Iterator[Work], pens: Sequence[Connection]) -> Iterator[tuple[Work, bytes]]:
    """Hand out works to whoever is free and yield the pictures as they come back."""
    busy: dict[Connection, Work] = {}
    for pen, work in zip(pens, islice(works, len(pens)), strict=False):
        _ask(pen, work, busy)
    while busy:
        ready = wait(list(busy))
        for pen in [pen for pen in busy if pen in ready]:
            work = busy.pop(pen)
            try:
                content = pen.recv_bytes()
            except (EOFError, OSError) as error:
                raise DrawingFailed(work.artist.name, work.title) from error
            if (following := next(works, None)) is not None:
                _ask(pen, following, busy)
            yield work, content


def _ask(pen: Connection, work: Work, busy: dict[Connection, Work]) -> None:
    busy[pen] = work
    try:
        pen.send(work)
    except OSError as error:
        raise DrawingFailed(work.artist.name, work.title) from error


@contextmanager
def _pen() -> Iterator[Connection]:
    """Start a drawing process and yield our end of its pipe; it ends when that is closed, also by our death."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process: SpawnProcess = spawning.Process(target=_hold, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(_PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()


def _hold(pipe: Connection) -> None:
    # Ctrl-C reaches every process of a terminal; it is the first one's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        # The other end is closed, or reset with what was still on the way to it.
        try:
            work = pipe.recv()
        except (EOFError, OSError):
            return
        content = encoded(work)
        try:
            pipe.send_bytes(content)
        except OSError:
            return
