"""What a file holds, kept in memory and read again when it has been changed."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class FreshFile(Generic[T]):
    """What `read` makes of a file, which is replaced as a whole by whoever changes it; threads share it."""

    def __init__(self, path: Path, read: Callable[[Path], T]) -> None:
        self.path, self._read = path, read
        self._lock = Lock()
        self._seen: tuple[int, int, int] | None = None
        self._held: T | None = None

    def now(self) -> T | None:
        """Return what the file holds now, None while there is none; raises OSError, and what `read` raises."""
        with self._lock:
            try:
                status = self.path.stat()
            except FileNotFoundError:
                self._seen = self._held = None
                return None
            seen = (status.st_ino, status.st_size, status.st_mtime_ns)
            if seen != self._seen:
                self._held = self._read(self.path)
                self._seen = seen
            return self._held
