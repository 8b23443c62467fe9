"""A folder that one process may have open at a time."""

import fcntl
import os
from pathlib import Path
from threading import Lock

from indexer.errors import StoreLocked

_here: set[Path] = set()
_guard = Lock()


class FolderLock:
    """The hold on a folder, with our process number in its file `lock` for whoever comes second.

    A POSIX record lock: the system lets go of it when the process ends, however it ends, and worker
    processes forked from us don't keep it. It says nothing within one process, hence `_here`.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder, or raise `StoreLocked` naming the process that has it."""
        self._folder = folder.resolve()
        with _guard:
            if self._folder in _here:
                raise StoreLocked(folder, os.getpid())
            self._file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, str(os.getpid()).encode(), 0)
            except BlockingIOError as error:
                holder = os.pread(self._file, 20, 0).strip()
                os.close(self._file)
                raise StoreLocked(folder, int(holder) if holder.isdigit() else None) from error
            except OSError:
                os.close(self._file)
                raise
            _here.add(self._folder)

    def release(self) -> None:
        """Let go of the folder."""
        with _guard:
            os.close(self._file)
            _here.discard(self._folder)
