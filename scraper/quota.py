"""How often a host was asked in the last day, counted across runs: some grant so many requests a day and no more.

<data>/asked/<host>     the times of the requests, seconds since 1970, one a line
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from scraper.disk import storage_error, whole_file
from scraper.errors import Blocked
from scraper.locks import exclusive

DAY = 24 * 3600.0


class Quota:
    """The requests that one host grants in 24 hours, for all processes that share the folder."""

    def __init__(self, folder: Path, host: str, per_day: int, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._host, self._per_day, self._clock = folder, host, per_day, clock
        self._path = folder / host

    def take(self) -> None:
        """Count one request more; raises `Blocked` when the day's are used up, `StorageError` when it can't be noted.

        A request is counted before it is made: one that then fails has been asked for all the same.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with exclusive(self._folder / f"{self._host}.lock"):
                self._take()
        except OSError as error:
            raise storage_error(self._path, error) from error

    def _take(self) -> None:
        now = self._clock()
        times = [at for at in self._read() if now - DAY < at <= now]
        if len(times) >= self._per_day:
            again = datetime.fromtimestamp(times[-self._per_day] + DAY, UTC)
            raise Blocked(
                self._host,
                f"has been asked {self._per_day} times within a day, which is all that it grants without an account",
                f"It may be asked again from {again:%d %b %H:%M} UTC; other sources are not concerned.",
            )
        with whole_file(self._path, lasting=False) as file:
            file.write("".join(f"{int(at)}\n" for at in [*times, now]).encode())

    def _read(self) -> list[float]:
        try:
            lines = self._path.read_text(errors="replace").split()
        except FileNotFoundError:
            return []
        return sorted(float(line) for line in lines if line.isdecimal())
