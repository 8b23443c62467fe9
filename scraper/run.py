"""One run: find, get, inspect, keep, for several sources at a time, with ways to stop that lose nothing."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing

from scraper.candidates import Candidates
from scraper.disk import storage_error
from scraper.errors import Changed, ScraperError
from scraper.failed import keep
from scraper.getting import Getter, stamp_of
from scraper.inspector import Inspector
from scraper.journal import MOST_TRIES
from scraper.keeper import Keeper
from scraper.library import Library
from scraper.locks import only_run
from scraper.manners import paces_of
from scraper.model import ArtistQuery, Candidate, Skip
from scraper.outcome import Event, Failed, Found, Outcome, Skipped, Stopped, Stored
from scraper.scribe import Scribe
from scraper.settings import ScraperSettings
from scraper.shares import Place, Room, Shares
from scraper.sources import Reach, Site, Source
from scraper.stand_in import StandIn
from scraper.withdrawn import WithdrawnFile

# What may be in memory at a time; the least that one counts for keeps small files from being thousands of tasks.
_ROOM = 192 * 2**20
_LEAST = 3 * 2**20
# How long what is under way may take to end after a stop.
_GRACE_SECONDS = 5.0
# What somebody points at is theirs to choose: only what can hardly be seen is left out.
_LOCAL_MIN_SIDE = 32
_LOCAL_MAX_ASPECT = 50.0


async def scrape(
    query: ArtistQuery,
    sources: Sequence[Source],
    settings: ScraperSettings,
    *,
    stand_in: StandIn | None = None,
    reach: Reach | None = None,
    dry_run: bool = False,
    deadline: float | None = None,
    stop: asyncio.Event | None = None,
    keeping: Library | None = None,
    notify: Callable[[Event], None] = lambda event: None,
) -> Outcome:
    """Collect what the sources find for the query, up to its limit, and return the sums.

    `deadline` (seconds) and `stop` end it early: what is under way may finish, and the same call again goes on from
    there. A dry run finds and tells, and touches no disk. Without `reach`, one is opened when it is needed. What must
    not come back (scraper.withdrawn) is that of the library written to, or of `keeping`.
    Raises `AlreadyRunning` and `ConfigError` before anything is done; what ends a run later is in the outcome.
    """
    outcome = Outcome(dry_run=dry_run)
    async with AsyncExitStack() as stack:
        web = _Web(stack, settings, stand_in, reach, sources)
        candidates = (
            None if dry_run else await _open(stack, query, sources, settings, web, stand_in is not None, keeping)
        )
        run = _Run(query, sources, settings, web, candidates, outcome, notify)
        try:
            outcome.stopped = await _until(run, deadline, stop or asyncio.Event())
        except* ScraperError as errors:
            outcome.fatal = _first(errors)
    return outcome


async def _open(
    stack: AsyncExitStack,
    query: ArtistQuery,
    sources: Sequence[Source],
    settings: ScraperSettings,
    web: "_Web",
    stand_in: bool,
    keeping: Library | None,
) -> Candidates:
    library = Library(settings.library_dir)
    lock = library.artist_dir(query.artist) / "lock" if query.artist else library.root / "import.lock"
    try:
        stack.enter_context(only_run(lock, query.artist or "an import"))
    except OSError as error:
        raise storage_error(lock, error) from error
    keeper = stack.enter_context(
        Keeper(library, stand_in=stand_in, keep_free_gb=settings.keep_free_gb, max_store_gb=settings.max_store_gb)
    )
    scribe = await stack.enter_async_context(Scribe(keeper))
    inspectors = {
        local: await stack.enter_async_context(_inspector(settings, local))
        for local in {each.local for each in sources}
    }
    limits = f"side {settings.min_side}, {settings.max_pixels} pixels, {settings.max_image_mb} MB"
    getter = Getter(settings.max_image_mb, web.open)
    withdrawn = WithdrawnFile(keeping or library)
    # One that cannot be read ends the run before anything is fetched.
    withdrawn.now()
    return Candidates(query, library, scribe, getter, inspectors, limits=limits, stand_in=stand_in, withdrawn=withdrawn)


def _inspector(settings: ScraperSettings, local: bool) -> Inspector:
    workers = min(2, os.cpu_count() or 1)
    if local:
        return Inspector(
            max_pixels=settings.max_pixels, min_side=_LOCAL_MIN_SIDE, max_aspect=_LOCAL_MAX_ASPECT, workers=workers
        )
    return Inspector(max_pixels=settings.max_pixels, min_side=settings.min_side, workers=workers)


class _Web:
    """The reach of a run, opened by whoever needs it first."""

    def __init__(
        self,
        stack: AsyncExitStack,
        settings: ScraperSettings,
        stand_in: StandIn | None,
        reach: Reach | None,
        sources: Sequence[Source],
    ) -> None:
        self._stack, self._settings, self._stand_in, self._reach = stack, settings, stand_in, reach
        self._paces = paces_of(source.manners for source in sources if isinstance(source, Site))
        self._opening = asyncio.Lock()

    async def open(self) -> Reach:
        """Return what reaches the web; raises `ConfigError` when no contact is set."""
        # Imported here: a folder needs neither client nor browser.
        from scraper.session import open_reach

        async with self._opening:
            if self._reach is None:
                self._reach = await self._stack.enter_async_context(
                    open_reach(self._settings, self._stand_in, self._paces)
                )
        return self._reach


class _Run:
    """The sources' finding and the candidates' taking, side by side."""

    def __init__(
        self,
        query: ArtistQuery,
        sources: Sequence[Source],
        settings: ScraperSettings,
        web: _Web,
        candidates: Candidates | None,
        outcome: Outcome,
        notify: Callable[[Event], None],
    ) -> None:
        self._query, self._sources, self._web, self._candidates = query, sources, web, candidates
        self._outcome, self._notify = outcome, notify
        self._of_web = settings.max_image_mb * 2**20
        self._failed = None if candidates is None else settings.failed_dir
        self._shares = Shares(query.limit, [source.name for source in sources])
        self._room = Room(_ROOM)
        self._finders: list[asyncio.Task[None]] = []

    async def work(self) -> None:
        """Run every source to its end or to its share; raises a group of what ended the run."""
        async with asyncio.TaskGroup() as group:
            self._finders = [group.create_task(self._find(group, source)) for source in self._sources]

    def stop(self) -> None:
        """Look for nothing more; what is under way goes on."""
        for finder in self._finders:
            finder.cancel()

    async def _find(self, group: asyncio.TaskGroup, source: Source) -> None:
        try:
            reach = None if source.local else await self._web.open()
            async with aclosing(source.find(self._query, reach)) as finding:
                async for found in finding:
                    if isinstance(found, Skip):
                        self._tell(source, Skipped(source.name, found))
                    elif not await self._next(group, source, found):
                        break
        except Changed as changed:
            self._tell(source, Failed(source.name, changed if self._failed is None else keep(changed, self._failed)))
        except ScraperError as error:
            self._tell(source, Failed(source.name, error))
        finally:
            await self._shares.end(source.name)

    async def _next(self, group: asyncio.TaskGroup, source: Source, candidate: Candidate) -> bool:
        if not await self._shares.take(source.name):
            return False
        self._tell(source, Found(source.name, candidate))
        if self._candidates is None:
            await self._shares.settle(source.name, kept=True)
            return True
        size = self._of_web if candidate.path is None else int(stamp_of(candidate).partition("-")[0] or 0)
        place = Place(self._room, size, least=_LEAST)
        await place.take()
        group.create_task(self._take(self._candidates, source, candidate, place))
        return True

    async def _take(self, candidates: Candidates, source: Source, candidate: Candidate, place: Place) -> None:
        kept = False
        try:
            event = await candidates.take(source, candidate, place)
            kept = isinstance(event, Stored) and event.how != "duplicate"
            self._tell(source, event)
        finally:
            await place.give_back()
            await self._shares.settle(source.name, kept=kept)

    def _tell(self, source: Source, event: Event) -> None:
        self._outcome.add(event)
        if isinstance(event, Skipped) and _unfinished(source, event.skip):
            self._outcome.unfinished += 1
        self._notify(event)


def _unfinished(source: Source, skip: Skip) -> bool:
    """Return whether a skipped picture is worth another look: by the next run, or by whoever pointed at it."""
    return source.local or (skip.reason == "unavailable" and skip.tries < MOST_TRIES)


async def _until(run: _Run, deadline: float | None, stop: asyncio.Event) -> Stopped | None:
    """Let a run work until it is done, told to stop or out of time; returns which of the latter two it was."""
    work, stopping = asyncio.create_task(run.work()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            await work
            return None
        run.stop()
        await asyncio.wait({work}, timeout=_GRACE_SECONDS)
        if work.done():
            await work
        return "interrupted" if stopping.done() else "deadline"
    finally:
        work.cancel()
        stopping.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)


def _first(errors: BaseExceptionGroup[ScraperError]) -> ScraperError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
