"""The archives of pieces on disk: made when first asked for, read from then on, the longest unused removed for room."""

import json
import os
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from indexer.child import READY, Child, ChildLost
from indexer.tiles.errors import CuttingBusy, CuttingFailed
from indexer.tiles.plan import Piece, Plan

SECONDS = 30.0
"""Time that cutting one picture may take."""

_STARTING = 30.0
_REMEMBERED = 1000
_BASE_MEMORY = 768 * 2**20
_MEMORY_PER_PIXEL = 24


class Source(NamedTuple):
    """A file that pieces are cut from: an original, or our largest picture of it, of this many pixels."""

    sha256: str
    path: Path
    width: int
    height: int

    @property
    def plan(self) -> Plan:
        """Its pieces."""
        return Plan(self.width, self.height)


class Tiles:
    """Pieces of pictures of at most `max_pixels`, in files under `folder` that take at most `most_bytes`.

    Threads share it. One picture is cut at a time, by a process that starts with the first; `waiting` requests may
    stand in line for theirs.
    """

    def __init__(self, folder: Path, *, most_bytes: int, max_pixels: int, waiting: int) -> None:
        self.max_pixels = max_pixels
        self._folder, self._most, self._waiting = folder, most_bytes, waiting
        memory = _BASE_MEMORY + _MEMORY_PER_PIXEL * max_pixels
        self._limits = [str(number) for number in (max_pixels, SECONDS, memory)]
        self._line, self._turn = BoundedSemaphore(waiting), Lock()
        self._cutter: Child | None = None
        self._refused: OrderedDict[Path, str] = OrderedDict()

    def read(self, source: Source, piece: Piece) -> bytes:
        """Return a piece as JPEG, cutting the picture if that has not been done; raises `CuttingFailed`."""
        archive = self.archive(source)
        return _read(archive, piece) or self._made(source, archive, piece)

    def archive(self, source: Source) -> Path:
        """Return where a picture's pieces lie; it is another place when they are cut from a file of another size."""
        name = f"{source.sha256}-{source.width}x{source.height}.zip"
        return self._folder / source.sha256[:2] / name

    def close(self) -> None:
        """End the process, once nobody waits for it."""
        with self._turn:
            if self._cutter is not None:
                self._cutter.end()
            self._cutter = None

    def _made(self, source: Source, archive: Path, piece: Piece) -> bytes:
        if not self._line.acquire(blocking=False):
            raise CuttingBusy(source.sha256, self._waiting)
        try:
            with self._turn:
                # A viewer asks for many pieces at once: the first request has had them made for all.
                if (content := _read(archive, piece)) is not None:
                    return content
                self._cut(source, archive)
                self._make_room(archive)
                content = _read(archive, piece)
        finally:
            self._line.release()
        if content is None:
            raise CuttingFailed(source.sha256, "its archive was gone as soon as it was made")
        return content

    def _cut(self, source: Source, archive: Path) -> None:
        # What cannot be cut would keep the others waiting again with every request.
        if problem := self._refused.get(archive) or self._asked(source, archive):
            self._refused[archive] = problem
            if len(self._refused) > _REMEMBERED:
                self._refused.popitem(last=False)
            raise CuttingFailed(source.sha256, problem)
        if not source.path.exists():
            # Taken down meanwhile, and its pieces with it, had they been there.
            archive.unlink(missing_ok=True)

    def _asked(self, source: Source, archive: Path) -> str:
        """Return what is wrong with a picture, nothing when it is cut."""
        cutter = self._cutter = self._cutter or self._started(source.sha256)
        question = json.dumps([str(source.path.resolve()), (source.width, source.height), str(archive.resolve())])
        try:
            return cutter.ask(question.encode(), 2 * SECONDS).decode()
        except ChildLost as lost:
            self._cutter = None
            if lost.too_slow:
                return "it takes longer than is allowed"
            raise CuttingFailed(source.sha256, f"the process ended with {lost}") from lost

    def _started(self, sha256: str) -> Child:
        child = Child("indexer.tiles.cutter", self._limits)
        try:
            if child.answer(_STARTING) == READY:
                return child
            problem = "said nothing that was expected"
        except ChildLost as lost:
            problem = f"ended with {lost}"
        raise CuttingFailed(sha256, f"the process that cuts {problem} as it started")

    def _make_room(self, made: Path) -> None:
        """Remove the archives that have not been read for longest, and what ended writers left, down to the limit."""
        found = []
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
        over = sum(size for _, size, _ in found) - self._most
        for _, size, path in sorted(found):
            if over > 0 and path != made:
                path.unlink(missing_ok=True)
                over -= size


def _read(archive: Path, piece: Piece) -> bytes | None:
    """Return a piece, None if its archive is not there, or is not whole."""
    try:
        with ZipFile(archive) as pieces:
            content = pieces.read(piece.name)
        os.utime(archive)
        return content
    except (FileNotFoundError, BadZipFile, KeyError):
        return None
