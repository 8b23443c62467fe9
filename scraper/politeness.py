"""How hard one host is asked: connections, requests a second, pauses after a refusal, and giving up."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiolimiter import AsyncLimiter

from scraper.errors import Blocked
from scraper.manners import Pace
from scraper.quota import Quota

LONGEST_WAIT = 120.0
"""Seconds a host may ask us to wait; a host that asks for more is left alone for this run."""

GIVE_UP_AFTER = 5
"""Refusals or failures in a row after which a host is asked no more."""

log = logging.getLogger(__name__)


class _Host:
    def __init__(self, per_second: float, connections: int, pace: Pace, quota: Quota | None) -> None:
        self.quota = quota
        self.connections = asyncio.Semaphore(min(connections, pace.connections or connections))
        self.seconds_apart = 1 / min(per_second, pace.per_second or per_second)
        self.limiter = AsyncLimiter(1, self.seconds_apart)
        self.by_minute = AsyncLimiter(pace.per_minute, 60) if pace.per_minute else None
        self.not_before = 0.0
        self.in_a_row = 0


class Politeness:
    """The manners of one run towards every host; names are as in the addresses, without port.

    A host with a pace of its own is asked no faster than that, and no faster than all others. What it grants for a day
    is counted in the folder `asked`, for this run and later ones; without the folder, it is not counted.
    """

    def __init__(
        self,
        per_second: float,
        connections: int,
        *,
        first_pause: float = 2.0,
        paces: Mapping[str, Pace] | None = None,
        asked: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_second, self._connections, self._first_pause = per_second, connections, first_pause
        self._paces, self._asked = paces or {}, asked
        self._clock, self._sleep = clock, sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until the host may be asked once more; raise `Blocked` when it has been given up."""
        state = self._of(host)
        async with state.connections:
            while True:
                self._check(host, state)
                if (wait := state.not_before - self._clock()) <= 0:
                    break
                await self._sleep(wait)
            if state.by_minute is not None:
                await state.by_minute.acquire()
            await state.limiter.acquire()
            if state.quota is not None:
                await asyncio.to_thread(state.quota.take)
            yield

    def accepted(self, host: str) -> None:
        """Note that the host answered as one that does not mind."""
        self._of(host).in_a_row = 0

    def refused(self, host: str, after: float | None = None) -> None:
        """Note a 403 or 429: pause the host for `after` seconds, or twice as long as the last time."""
        state = self._of(host)
        state.in_a_row += 1
        pause = after if after is not None else self._first_pause * 2 ** (state.in_a_row - 1)
        pause = min(pause, LONGEST_WAIT)
        state.not_before = max(state.not_before, self._clock() + pause)
        log.info("%s: refused, pausing this host %.0f s (%d of %d)", host, pause, state.in_a_row, GIVE_UP_AFTER)

    def failed(self, host: str) -> None:
        """Note that the host did not answer properly."""
        self._of(host).in_a_row += 1

    def slow_down(self, host: str, seconds_apart: float) -> None:
        """Ask the host at most once in so many seconds, when that is slower than our own pace."""
        state = self._of(host)
        if seconds_apart > state.seconds_apart:
            state.seconds_apart = seconds_apart
            state.limiter = AsyncLimiter(1, seconds_apart)

    def _of(self, host: str) -> _Host:
        if host not in self._hosts:
            pace = self._paces.get(host, Pace())
            quota = Quota(self._asked, host, pace.per_day) if pace.per_day and self._asked else None
            self._hosts[host] = _Host(self._per_second, self._connections, pace, quota)
        return self._hosts[host]

    def _check(self, host: str, state: _Host) -> None:
        if state.in_a_row >= GIVE_UP_AFTER:
            raise Blocked(host, f"refused or failed {state.in_a_row} requests in a row")
