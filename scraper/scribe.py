"""One writer for a whole run: whatever has come up while it wrote is written together the next time.

So a slow scrape has each picture on disk at once, and an import of thousands pays for a flush of the disk once a group.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from scraper.group import Find, Kept
from scraper.journal import Entry, Journal
from scraper.keeper import Keeper

MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class _Task:
    journal: Journal
    entry: Entry | None
    find: Find | None
    done: "asyncio.Future[Kept | None]"


class Scribe:
    """Writes pictures with their records, then the journals' lines; what it has answered for lasts."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._tasks: asyncio.Queue[_Task | None] = asyncio.Queue()

    async def keep(self, find: Find, journal: Journal, entry: Entry | None) -> Kept:
        """Keep a picture and note what became of its address; raises `StorageError`."""
        kept = await self._ask(_Task(journal, entry, find, asyncio.get_running_loop().create_future()))
        assert kept is not None
        return kept

    async def note(self, journal: Journal, entry: Entry) -> None:
        """Note what became of an address that gave nothing; raises `StorageError`."""
        await self._ask(_Task(journal, entry, None, asyncio.get_running_loop().create_future()))

    async def _ask(self, task: _Task) -> Kept | None:
        self._tasks.put_nowait(task)
        return await task.done

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.put_nowait(None)
        await self._loop

    async def _work(self) -> None:
        last = False
        while not last:
            group = [await self._tasks.get()]
            while len(group) < MOST_AT_ONCE and not self._tasks.empty():
                group.append(self._tasks.get_nowait())
            last = None in group
            tasks = [task for task in group if task is not None]
            if tasks:
                await self._write(tasks)

    async def _write(self, tasks: Sequence[_Task]) -> None:
        try:
            kept = await asyncio.to_thread(_written, self._keeper, tasks)
        except Exception as error:
            # Whoever waits is told: it is theirs to handle.
            for task in _waiting(tasks):
                task.done.set_exception(error)
        else:
            for task in _waiting(tasks):
                task.done.set_result(kept.get(id(task)))


def _waiting(tasks: Sequence[_Task]) -> list[_Task]:
    """Leave out those whose asker was stopped meanwhile."""
    return [task for task in tasks if not task.done.done()]


def _written(keeper: Keeper, tasks: Sequence[_Task]) -> dict[int, Kept]:
    finds = [(task, task.find) for task in tasks if task.find is not None]
    kept = keeper.keep([find for _, find in finds])
    lines: dict[Journal, list[Entry]] = defaultdict(list)
    by_task = {id(task): one for (task, _), one in zip(finds, kept, strict=True)}
    for task in tasks:
        if task.entry is not None:
            one = by_task.get(id(task))
            # Of a picture that is a smaller copy of one in the library, the library has the larger one.
            entry = task.entry if one is None else replace(task.entry, sha256=one.record.picture.sha256)
            lines[task.journal].append(entry)
    for journal, entries in lines.items():
        journal.add(entries)
    return by_task
