"""How several sources share the limit of one run, so that a quick one does not crowd out a slow one."""

import asyncio
from collections.abc import Iterable


class Shares:
    """A limit divided evenly; what a source leaves when it ends goes to the others.

    A place is taken before a picture is fetched, given back when nothing came of it, and confirmed when it is kept.
    """

    def __init__(self, limit: int, sources: Iterable[str]) -> None:
        self._limit = limit
        self._taken = dict.fromkeys(sources, 0)
        self._open = set(self._taken)
        self._fair = limit // max(1, len(self._taken))
        self._kept = 0
        self._news = asyncio.Condition()

    async def take(self, source: str) -> bool:
        """Wait until the source may have one more picture; False when the limit is reached."""
        async with self._news:
            await self._news.wait_for(lambda: self._kept >= self._limit or self._may(source))
            if self._kept >= self._limit:
                return False
            self._taken[source] += 1
            return True

    async def settle(self, source: str, *, kept: bool) -> None:
        """Say what came of a place that was taken."""
        async with self._news:
            if kept:
                self._kept += 1
            else:
                self._taken[source] -= 1
            self._news.notify_all()

    async def end(self, source: str) -> None:
        """Say that a source has no more."""
        async with self._news:
            self._open.discard(source)
            self._news.notify_all()

    def _may(self, source: str) -> bool:
        taken = sum(self._taken.values())
        reserved = sum(max(0, self._fair - self._taken[other]) for other in self._open - {source})
        return taken + reserved < self._limit


class Room:
    """An amount of bytes that may be in memory at a time."""

    def __init__(self, most: int) -> None:
        self._most, self._used = most, 0
        self._news = asyncio.Condition()

    async def take(self, amount: int) -> None:
        """Wait for room; one thing larger than all of it gets it all to itself."""
        async with self._news:
            await self._news.wait_for(lambda: self._used == 0 or self._used + amount <= self._most)
            self._used += amount

    async def give_back(self, amount: int) -> None:
        """Leave room to others again."""
        async with self._news:
            self._used -= amount
            self._news.notify_all()
