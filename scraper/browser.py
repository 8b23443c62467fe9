"""A real browser for pages that only scripts fill: Chromium through Playwright, behind the guard.

It looks for addresses; it never carries a picture's bytes, which are fetched by `scraper.web`. A page is
hostile until it is closed: every wait is bounded, and what a page answers is data of unknown shape. The
two halves, one page and the browser it stands in, share this file because it is Playwright's only door.
"""

import asyncio
import json
import logging
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, CDPSession, Playwright, Request, Route, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as ChromiumPage
from playwright.async_api import TimeoutError as PlaywrightTimeout

from scraper.addresses import checked_url
from scraper.browsers import find_browser
from scraper.confinement import environment, sandboxed, scratch_folder, temporary_files_in
from scraper.errors import BrowserError, FetchError, Refused, ScraperError, Unavailable
from scraper.fetched import gathered
from scraper.guard import OWN_WORDS, Guard
from scraper.model import RobotsAnswer
from scraper.page_scripts import EXTENT, HTML, POINT, PRESS
from scraper.settings import ScraperSettings
from scraper.web import Web, said_by_guard

T = TypeVar("T")

log = logging.getLogger(__name__)

ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--block-new-web-contents"),
    # Without this, WebRTC would send packets past the proxy.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
VIEWPORT = (1280, 1600)
ABORTED = frozenset({"image", "media", "font"})
"""Kinds of request that are stopped in the browser: they cost memory and tell nothing."""

# Most pictures are stopped by their names alone, which the browser does by itself: asking us about each of ten
# thousand would take half a minute.
_NAMES = [f"*.{name}" for ending in ("jpg", "jpeg", "png", "gif", "webp", "avif") for name in (ending, ending.upper())]
_BLOCKED = [name + tail for name in _NAMES for tail in ("", "?*")]

_STARTS = 3
_START_SECONDS, _CLOSE_SECONDS = 30.0, 5.0
_PATIENCE = 3.0
_QUIET_ROUNDS = (0.15, 0.3, 0.6)
# How long a click that leads to another page may take to get there.
_AWAY_SECONDS = 10.0


class OpenPage:
    """One page while it is open; `url` is what was asked for, `final_url` where the browser is now."""

    def __init__(self, page: ChromiumPage, url: str, settings: ScraperSettings, guard: Guard, web: Web) -> None:
        self.url = self.final_url = url
        self.headers: Mapping[str, str] = {}
        self.robots: RobotsAnswer = "allowed"
        self._page, self._guard, self._web = page, guard, web
        self._turns, self._budget = settings.scrolls, settings.page_budget
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + self._budget
        self._refused_before = guard.refused
        self._seen: dict[str, None] = {}
        self._loading: dict[Request, float] = {}
        self._session: CDPSession | None = None
        self._world: int | None = None
        self._patience: asyncio.Timeout | None = None
        self._crashed = False

    @property
    def pictures_seen(self) -> tuple[str, ...]:
        """The address of every picture that stood in the page at some time while it was scrolled, in order."""
        return tuple(self._seen)

    async def scroll(self) -> None:
        """Turn the wheel until the bottom is reached and nothing new comes, or two thirds of the time are used."""
        stop_at = self._deadline - self._budget / 3
        await self._do(self._page.mouse.move(VIEWPORT[0] / 2, VIEWPORT[1] / 2))
        quiet, (_, before) = 0, await self._extent()
        for _ in range(self._turns):
            await self._do(self._page.mouse.wheel(0, VIEWPORT[1] * 0.9))
            await self._settle(_QUIET_ROUNDS[quiet])
            at_bottom, now = await self._extent()
            quiet = quiet + 1 if at_bottom and now == before else 0
            before = now
            if quiet == len(_QUIET_ROUNDS) or self._loop.time() > stop_at:
                return

    async def point_at(self, selector: str) -> None:
        """Let the page take a pointer for resting on each of these elements, and show what it holds back until then."""
        await self._evaluate(f"{POINT}({json.dumps(selector)})")
        await self._settle(_QUIET_ROUNDS[0])

    async def press(self, selector: str, at: int = 0, *, leads_away: bool = False) -> bool:
        """Click one of these elements and wait for what comes of it, be it another page; False when it is not there.

        A page that it is known to lead to is waited for even where nothing happens for a while.
        """
        before = self._page.url
        pressed = await self._do(self._evaluate_once(f"{PRESS}({json.dumps(selector)}, {at})"))
        if pressed is True and leads_away:
            await self._do(self._left(before))
        await self._settle(_QUIET_ROUNDS[1])
        await self._do(self._page.wait_for_load_state("domcontentloaded"))
        await self._arrive()
        return pressed is True

    async def _left(self, before: str) -> None:
        with suppress(PlaywrightTimeout):
            await self._page.wait_for_url(lambda url: url != before, wait_until="commit", timeout=_AWAY_SECONDS * 1000)

    async def html(self) -> str:
        """Return the page as it stands, with shadow trees opened and what the browser chose as attributes."""
        html = await self._evaluate(HTML)
        await self._arrive()
        return html if isinstance(html, str) else ""

    async def visit(self) -> None:
        """Go to the address; raises what `Web.get_text` would, and `BrowserError`."""
        await self._do(self._prepare())
        async with self._web.turn(self.url):
            response = await self._do(self._page.goto(self.url, wait_until="domcontentloaded"))
        if response is not None:
            listed = await self._do(response.headers_array())
            self.headers = gathered((header["name"], header["value"]) for header in listed)
            if words := self.headers.get(OWN_WORDS):
                raise said_by_guard(response.url, response.status, words)
            self._web.judge(checked_url(response.url), response.status, self.headers)
        await self._settle(_QUIET_ROUNDS[0])
        await self._arrive()

    async def _prepare(self) -> None:
        self._page.on("crash", self._on_crash)
        await self._page.context.route("**/*", self._decide)
        self._session = await self._page.context.new_cdp_session(self._page)
        await self._session.send("Network.enable")
        await self._session.send("Network.setBlockedURLs", {"urls": _BLOCKED})

    def _on_crash(self, _: ChromiumPage) -> None:
        self._crashed = True
        # Nothing that was asked of a crashed page is ever answered.
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(self._loop.time())

    async def _decide(self, route: Route) -> None:
        """Let a request go or not, and know of it until its answer begins."""
        request = route.request
        # The page may be gone by the time it is answered.
        with suppress(PlaywrightError):
            if request.resource_type in ABORTED:
                await route.abort()
                return
            self._loading[request] = self._loop.time()
            await route.continue_()
            await request.response()
        self._loading.pop(request, None)

    async def _arrive(self) -> None:
        """Ask again for leave when redirects or scripts have led elsewhere."""
        if self._page.url.startswith("chrome-error:"):
            raise self._failed_navigation("ERR_ABORTED")
        if self._page.url != self.final_url:
            self.final_url = checked_url(self._page.url)
        self.robots = await self._web.allowed(self.final_url)

    async def _extent(self) -> tuple[bool, str]:
        """Return whether the bottom is reached and what stands for the page's size; note new pictures."""
        extent = await self._evaluate(EXTENT)
        if not isinstance(extent, list) or len(extent) != 5 or not isinstance(extent[4], list):
            return True, ""
        self._seen.update((str(url), None) for url in extent[4])
        return extent[0] is True, f"{extent[1:4]} {len(self._seen)}"

    async def _settle(self, seconds: float) -> None:
        """Wait a little, and longer while the page waits for answers; what never comes is not waited for."""
        await asyncio.sleep(seconds)
        until = self._loop.time() + _PATIENCE
        while (now := self._loop.time()) < until and any(now - began < _PATIENCE for began in self._loading.values()):
            await asyncio.sleep(0.05)

    async def _evaluate(self, script: str) -> Any:
        """Run a script in a world of its own; once more when the page moved on meanwhile."""
        try:
            return await self._do(self._evaluate_once(script))
        except FetchError:
            if self._crashed or self._page.is_closed() or self._loop.time() > self._deadline:
                raise
            self._world = None
            await self._do(self._page.wait_for_load_state("domcontentloaded"))
            return await self._do(self._evaluate_once(script))

    async def _evaluate_once(self, script: str) -> Any:
        assert self._session is not None
        if self._world is None:
            tree = await self._session.send("Page.getFrameTree")
            wanted = {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "gallery"}
            self._world = (await self._session.send("Page.createIsolatedWorld", wanted))["executionContextId"]
        asked = {"expression": script, "contextId": self._world, "returnByValue": True}
        return (await self._session.send("Runtime.evaluate", asked))["result"].get("value")

    async def _do(self, action: Awaitable[T]) -> T:
        """Await the driver within the page's time, and end its exceptions here."""
        try:
            async with asyncio.timeout_at(self._deadline) as self._patience:
                return await action
        except (TimeoutError, PlaywrightTimeout) as error:
            if self._crashed:
                raise self._crash() from error
            reason = f"the page did not answer within its {self._budget:g} s (GALLERY_PAGE_BUDGET)"
            raise Unavailable(self.url, reason) from error
        except PlaywrightError as error:
            raise await self._translated(error) from error
        finally:
            self._patience = None

    async def _translated(self, error: PlaywrightError) -> ScraperError:
        """Return our error for one of the driver's."""
        if self._crashed:
            return self._crash()
        if "Download is starting" in error.message:
            return FetchError(self.url, "it is a download, not a page")
        if code := re.search(r"net::(ERR_\w+)", error.message):
            return self._failed_navigation(code[1])
        if not await self._browser_lives():
            return BrowserError(f"it died while {self.url} was open", "Run the same command again.")
        if self._page.is_closed():
            return FetchError(self.url, "the page closed itself")
        return FetchError(self.url, f"the browser could not go on ({_first_line(error)})")

    def _crash(self) -> FetchError:
        return FetchError(self.url, "the page crashed its part of the browser")

    def _failed_navigation(self, code: str) -> ScraperError:
        refused = self._guard.refused > self._refused_before
        if refused and code in ("ERR_TUNNEL_CONNECTION_FAILED", "ERR_ABORTED"):
            last = self._guard.refusals[-1]
            return Refused(last.target, last.reason)
        if code == "ERR_ABORTED":
            return FetchError(self.url, "the answer is no page")
        return Unavailable(self.url, f"the browser could not open it ({code})")

    async def _browser_lives(self) -> bool:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._page.context.cookies()
        except (PlaywrightError, TimeoutError):
            return False
        return True


class Browser:
    """One browser for one run, started by the first page that is opened."""

    def __init__(self, settings: ScraperSettings, guard: Guard, web: Web) -> None:
        self._settings, self._guard, self._web = settings, guard, web
        self._lock = asyncio.Lock()
        self._driver: Playwright | None = None
        self._chromium: Chromium | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._starts = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @asynccontextmanager
    async def open_page(self, url: str) -> AsyncIterator[OpenPage]:
        """Open a page in a fresh context and close it after use.

        Raises `Refused`, `Blocked`, `Unavailable` and `FetchError` as `Web` does, and `BrowserError` when
        there is no browser or it dies.
        """
        url = checked_url(url)
        await self._web.allowed(url)
        try:
            context, opened = await self._visited(url)
        except BrowserError:
            # Once more with a new browser: the old one may have died of something else.
            await self._stop()
            context, opened = await self._visited(url)
        try:
            yield opened
        except BrowserError:
            await self._stop()
            raise
        finally:
            await self._close(context)

    async def _visited(self, url: str) -> tuple[BrowserContext, OpenPage]:
        context = await self._bounded(self._new_context(await self._running()))
        try:
            page = await self._bounded(context.new_page())
            opened = OpenPage(page, url, self._settings, self._guard, self._web)
            await opened.visit()
        except BaseException:
            await self._close(context)
            raise
        return context, opened

    async def _running(self) -> Chromium:
        async with self._lock:
            if self._chromium is None or not self._chromium.is_connected():
                await self._stop()
                if self._starts == _STARTS:
                    raise BrowserError(f"it died {_STARTS} times in this run", "Leave out the pages that kill it.")
                self._starts += 1
                self._chromium = await self._start()
            return self._chromium

    async def _start(self) -> Chromium:
        program = find_browser(self._settings)
        sandbox = sandboxed(self._settings)
        self._scratch = scratch_folder()
        with temporary_files_in(self._scratch.name):
            self._driver = await self._bounded(async_playwright().start())
        launching = self._driver.chromium.launch(
            executable_path=program,
            args=list(ARGUMENTS),
            headless=True,
            # Never among the arguments: Chromium would go past it to loopback and link-local addresses.
            proxy={"server": self._guard.url},
            chromium_sandbox=sandbox,
            env=environment(self._scratch.name),
        )
        try:
            return await self._bounded(launching)
        except BrowserError as error:
            way = " or set GALLERY_BROWSER_SANDBOX=off if its sandbox cannot work here" if sandbox else ""
            raise BrowserError(
                f"{program} does not start ({error.problem})",
                f"Try it by hand{way}, or set GALLERY_BROWSER to another.",
            ) from error

    async def _new_context(self, chromium: Chromium) -> BrowserContext:
        stand_in = self._guard.stand_in
        context = await chromium.new_context(
            accept_downloads=False,
            service_workers="block",
            user_agent=self._settings.user_agent,
            viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
            # Chromium cannot be told of one more authority; nothing but the stand-in can be reached then.
            ignore_https_errors=stand_in is not None and stand_in.ca is not None,
        )
        context.set_default_timeout(self._settings.page_budget * 1000)
        return context

    async def _bounded(self, action: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(_START_SECONDS):
                return await action
        except TimeoutError as error:
            raise BrowserError(f"no answer within {_START_SECONDS:g} s", "Run the same command again.") from error
        except (PlaywrightError, OSError) as error:
            raise BrowserError(_first_line(error), "Run `gallery doctor` to see what is wrong.") from error

    async def _close(self, context: BrowserContext) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await context.close()
        except (PlaywrightError, TimeoutError):
            log.info("a page could not be closed; the browser is started anew for the next one")
            await self._stop()

    async def _stop(self) -> None:
        chromium, driver, scratch = self._chromium, self._driver, self._scratch
        self._chromium = self._driver = self._scratch = None
        ends: list[Callable[[], Awaitable[None]]] = []
        if chromium is not None:
            ends.append(chromium.close)
        if driver is not None:
            ends.append(driver.stop)
        try:
            for end in ends:
                # A dead or hanging driver cannot be asked nicely; the process deadline ends what is left.
                with suppress(PlaywrightError, TimeoutError):
                    async with asyncio.timeout(_CLOSE_SECONDS):
                        await end()
        finally:
            if scratch is not None:
                scratch.cleanup()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
