"""The queue that carries jobs' ids to workers: Huey, in a SQLite file by default, in Redis by URL.

The row in the database is the truth: an id that is lost is put in again by a worker's minder, one that comes twice
is claimed once. Only this module knows Huey, and its failures leave here as `QueueUnavailable`.
"""

import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from sqlite3 import Error as SqliteError
from typing import Any, Literal

from huey import RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from redis.exceptions import RedisError

from gallery.errors import QueueUnavailable
from gallery.settings import GallerySettings

Lane = Literal["jobs", "previews"]
"""Previews have a lane of their own: somebody waits for them."""

log = logging.getLogger(__name__)
_MOST_PAUSE = 1.0
_SOCKET_SECONDS = 5


class _Json(Serializer):  # type: ignore[misc]
    """Messages as JSON: whoever can write to the queue can then make us run jobs, and nothing else."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        said = json.loads(data)
        return Message(*said) if isinstance(said, list) else said


class _Embedded(Consumer):  # type: ignore[misc]
    """A consumer among the other threads of a process, whose signals are not its own."""

    def _set_signal_handlers(self) -> None:
        """Leave them to the process."""


class JobQueue:
    """Both lanes of the queue; made without touching it."""

    def __init__(self, settings: GallerySettings) -> None:
        self._redis = settings.redis_url.get_secret_value() if settings.redis_url else None
        self._file = settings.queue_file
        self.where = "Redis" if self._redis else str(self._file)
        self._lanes: dict[Lane, Any] = {}
        self._consumers: list[Consumer] = []
        self._work: Callable[[int], None] | None = None
        # Huey tells of every task at INFO and of outages with stack traces, once a second.
        logging.getLogger("huey").setLevel(logging.CRITICAL)

    def put(self, job_id: int, lane: Lane) -> None:
        """Have a worker take up a job; raise `QueueUnavailable`."""
        try:
            self._lane(lane)["task"](job_id)
        except (RedisError, SqliteError, OSError) as error:
            raise QueueUnavailable(self.where, _reason(error)) from error

    def carries(self, job_id: int, lane: Lane) -> bool:
        """Tell whether a job's id waits in the queue; raise `QueueUnavailable`."""
        try:
            return any(tuple(task.args) == (job_id,) for task in self._lane(lane)["huey"].pending())
        except (RedisError, SqliteError, OSError) as error:
            raise QueueUnavailable(self.where, _reason(error)) from error

    def start(self, work: Callable[[int], None], workers: dict[Lane, int]) -> None:
        """Have threads of this process work on the jobs that come."""
        self._work = work
        for lane, count in workers.items():
            consumer = _Embedded(
                self._lane(lane)["huey"],
                workers=count,
                periodic=False,
                max_delay=_MOST_PAUSE,
                check_worker_health=False,
            )
            consumer.start()
            self._consumers.append(consumer)

    def stop(self) -> None:
        """Take up nothing more, and wait for what is under way to end."""
        for consumer in self._consumers:
            consumer.stop_flag.set()
        for consumer in self._consumers:
            consumer.stop(graceful=True)
        self._consumers.clear()

    def _lane(self, lane: Lane) -> dict[str, Any]:
        if lane not in self._lanes:
            huey = self._open(lane)

            def run(job_id: int) -> None:
                assert self._work is not None, "ids are taken from the queue by workers only"
                self._work(int(job_id))

            self._lanes[lane] = {"huey": huey, "task": huey.task(name="run")(run)}
        found: dict[str, Any] = self._lanes[lane]
        return found

    def _open(self, lane: Lane) -> Any:
        options: dict[str, Any] = {"results": False, "serializer": _Json()}
        if self._redis:
            from redis import ConnectionPool

            pool = ConnectionPool.from_url(
                self._redis, socket_timeout=_SOCKET_SECONDS, socket_connect_timeout=_SOCKET_SECONDS
            )
            return RedisHuey(f"gallery-{lane}", connection_pool=pool, **options)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._file, os.O_CREAT | os.O_RDONLY, 0o600))
        return SqliteHuey(f"gallery-{lane}", filename=str(self._file), **options)


def is_time(expression: str, at: datetime) -> bool:
    """Tell whether a moment's minute, in UTC, is one that a cron expression of five fields names.

    Raises ValueError, saying why, if it is no such expression.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError("it must have five fields, such as 30 3 * * 1: minute, hour, day, month, day of the week")
    return bool(crontab(*fields, strict=True)(at.astimezone(UTC).replace(tzinfo=None)))


def _reason(error: Exception) -> str:
    # An address in Redis' own words may carry a password: its class says enough.
    return type(error).__name__ if isinstance(error, RedisError) else str(error)
