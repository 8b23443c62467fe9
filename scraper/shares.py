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


class Place:
    """What one thing holds of a room: `most` bytes while its size is not known, `least` at any time."""

    def __init__(self, room: Room, most: int, *, least: int) -> None:
        self._room, self._most, self._least = room, max(most, least), least
        self._held = 0

    async def take(self) -> None:
        """Wait for room for the largest that it may be; what was held before is given back first."""
        if self._held < self._most:
            # Whoever waited for more while holding some could wait for ever, for others who do the same.
            await self.give_back()
            await self._room.take(self._most)
            self._held = self._most

    async def shrink(self, size: int) -> None:
        """Keep what a thing of this size needs, so that more of them can wait for disk and decoder together."""
        spare = self._held - max(self._least, size)
        if spare > 0:
            self._held -= spare
            await self._room.give_back(spare)

    async def give_back(self) -> None:
        """Hold nothing any more."""
        held, self._held = self._held, 0
        await self._room.give_back(held)
