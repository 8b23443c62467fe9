"""What a running job tells: gathered here, written to its row once a second, with the news whether to stop."""

import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, Literal, Self

from gallery.db import Database
from gallery.errors import DatabaseError
from gallery.models.jobs import Job, job_by_id, write_standing

Why = Literal["cancelled", "closing", "deadline", "lost"]
BEAT_SECONDS = 5.0
"""How often a row shows that its worker lives, at least."""

_EVERY_SECONDS = 1.0
MOST_LINES = 200
LONGEST_LINE = 400


class Board:
    """The standing of one job while it is worked on; `stop` is set when it shall end early, and `why` says why."""

    def __init__(self, database: Database, job: Job, worker: str, closing: Event) -> None:
        self._database, self._job_id, self._worker, self._closing = database, job.id, worker, closing
        self.stop, self.why = Event(), "closing"
        self.progress: dict[str, dict[str, Any]] = {name: dict(said) for name, said in job.progress.items()}
        self.counts: dict[str, Any] = dict(job.counts)
        self.stage: str | None = job.stage
        self.pid: int | None = None
        self._log = deque(job.log.splitlines(), MOST_LINES)
        self._lock, self._over = RLock(), Event()
        self._dirty, self._wrote, self._deadline = True, 0.0, float("inf")
        self._pulse = Thread(target=self._beat, name=f"job-{job.id}", daemon=True)

    def __enter__(self) -> Self:
        self._pulse.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._pulse.join()

    def say(self, line: str) -> None:
        """Add a line to the job's log, whatever it is made of."""
        plain = "".join(c if c.isprintable() else " " for c in line)[:LONGEST_LINE]
        with self._lock:
            self._log.append(f"{datetime.now(UTC):%H:%M:%S} {plain}")
            self._dirty = True

    def show(self, stage: str, **values: Any) -> None:
        """Set what is known of a stage: `state`, `done`, `total`, `sources` ..."""
        with self._lock:
            self.progress[stage] = self.progress.get(stage, {}) | values
            self._dirty = True

    def count(self, **values: int) -> None:
        """Set sums of the job."""
        with self._lock:
            self.counts |= values
            self._dirty = True

    def begin(self, stage: str, seconds: float) -> None:
        """Enter a stage that may take so long."""
        self._deadline = time.monotonic() + seconds
        with self._lock:
            self.stage = stage
        self.show(stage, state="running")

    def finished(self, stage: str) -> bool:
        """Tell whether a stage was finished already, before the job was interrupted."""
        return self.progress.get(stage, {}).get("state") == "done"

    def values(self) -> dict[str, Any]:
        """Return what the row is to say."""
        with self._lock:
            progress: Mapping[str, Any] = {name: dict(said) for name, said in self.progress.items()}
            log = "\n".join(self._log)
            return {"progress": progress, "counts": dict(self.counts), "stage": self.stage, "log": log, "pid": self.pid}

    def _beat(self) -> None:
        while not self._over.wait(_EVERY_SECONDS / 4 if self._dirty else _EVERY_SECONDS):
            if self._closing.is_set():
                self._end("closing")
            if time.monotonic() > self._deadline:
                self._end("deadline")
            try:
                self._look()
            except DatabaseError:
                # It is asked again in a second; how the job ends is written with more patience.
                continue

    def _look(self) -> None:
        since = time.monotonic() - self._wrote
        if since > BEAT_SECONDS or (self._dirty and since > _EVERY_SECONDS):
            self._dirty = False
            with self._database.writing() as session:
                if not write_standing(session, self._job_id, self._worker, **self.values()):
                    self._end("lost")
            self._wrote = time.monotonic()
        with self._database.reading() as session:
            job = job_by_id(session, self._job_id)
        if job is None or job.state != "running" or job.worker != self._worker:
            self._end("lost")
        elif job.cancel_asked_at is not None:
            self._end("cancelled")

    def _end(self, why: Why) -> None:
        if not self.stop.is_set():
            self.why = why
            self.stop.set()
