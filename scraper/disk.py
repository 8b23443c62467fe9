"""Writing so that a kill, a power cut or a full disk leaves every file whole or absent.

A group of files is written under temporary names, flushed to the disk together (one after the other, each would cost
a turn of the disk), renamed in the order given, and then the folders are flushed. The temporary files of a process
lie in a folder of its own, locked for as long as it lives; the next process sweeps away those of the dead.
"""

import errno
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

from scraper.errors import StorageError
from scraper.locks import exclusive, try_lock

LOCK = "lock"
_FLUSHES_AT_A_TIME = 16
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return the sentence for a failed write: what to do depends on whether room or permission was lacking."""
    reason = (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        return StorageError(path, reason, "Free space, then run the same command again: it takes up where it stopped.")
    if error.errno in _FORBIDDEN:
        return StorageError(path, reason, "Check the folder's owner and permissions, or set GALLERY_DATA_DIR.")
    return StorageError(path, reason, "Check the disk, then run the same command again.")


class Workspace:
    """A process's place for temporary files under `root`, and the way from there to files that last."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "tmp" / f"{os.getpid()}-{uuid4().hex[:8]}"
        self._flushes = ThreadPoolExecutor(_FLUSHES_AT_A_TIME, thread_name_prefix="flush")
        self._lock: int | None = None

    def __enter__(self) -> Self:
        try:
            (self._root / "tmp").mkdir(parents=True, exist_ok=True)
            # Held meanwhile, so that nobody sweeps a folder that is about to be locked.
            with exclusive(self._root / LOCK):
                _sweep(self._root / "tmp")
                self._folder.mkdir()
                self._lock = try_lock(self._folder / LOCK)
        except OSError as error:
            raise storage_error(self._root, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flushes.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)

    def write(self, files: Sequence[tuple[Path, bytes]]) -> None:
        """Put these files in place, all lasting when it returns; raises `StorageError`, leaving no part of a file."""
        staged = [(self._folder / f"{at}.part", target) for at, (target, _) in enumerate(files)]
        try:
            for (temporary, _), (_, content) in zip(staged, files, strict=True):
                temporary.write_bytes(content)
            self._flush([temporary for temporary, _ in staged])
            for temporary, target in staged:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(temporary, target)
            folders = {target.parent for _, target in staged}
            self._flush(sorted(folders | {folder.parent for folder in folders}))
        except OSError as error:
            for temporary, _ in staged:
                temporary.unlink(missing_ok=True)
            raise storage_error(self._root, error) from error

    def _flush(self, paths: Sequence[Path]) -> None:
        list(self._flushes.map(flush, paths))


@contextmanager
def whole_file(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends well; otherwise what was there stays.

    It is on the disk for good then, unless it is not to be `lasting`, because it can be made again. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident():x}")
    try:
        with temporary.open("wb") as file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    if lasting:
        flush(path.parent)


def flush(path: Path) -> None:
    """Have the disk keep a file or folder as it is now; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    for left in folder.iterdir():
        if not left.is_dir():
            left.unlink()
            continue
        lock = try_lock(left / LOCK)
        if lock is not None:
            shutil.rmtree(left)
            os.close(lock)
