"""A real browser for pages that only scripts fill: Chromium through Playwright, behind the guard.

It looks for addresses; it never carries a picture's bytes, which are fetched by `scraper.web`. A page is
hostile until it is closed: every wait is bounded, and what a page answers is data of unknown shape.
"""

import asyncio
import logging
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Playwright, Request, Route, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as ChromiumPage
from playwright.async_api import TimeoutError as PlaywrightTimeout

from scraper.addresses import authority, checked_url
from scraper.browsers import find_browser
from scraper.confinement import environment, sandboxed, temporary_files_in
from scraper.errors import BrowserError, FetchError, Refused, ScraperError, Unavailable
from scraper.guard import OWN_WORDS, Guard
from scraper.model import RobotsAnswer
from scraper.page_scripts import EXTENT, HTML
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

_LOADING = frozenset({"document", "fetch", "script", "xhr"})
_MOST_PICTURES = 20_000
_STARTS = 3
_START_SECONDS, _CLOSE_SECONDS = 30.0, 5.0
_PATIENCE = 3.0
_QUIET_ROUNDS = (0.15, 0.3, 0.6)


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
        self._asked: dict[str, None] = {}
        self._loading: dict[Request, float] = {}
        self._failed_at = url
        self._crashed = False

    @property
    def pictures_asked_for(self) -> tuple[str, ...]:
        """Every picture the page has tried to load so far, in order; none was."""
        return tuple(self._asked)

    async def scroll(self) -> None:
        """Turn the wheel until the bottom is reached and nothing new comes, or two thirds of the time are used."""
        stop_at = self._deadline - self._budget / 3
        await self._do(self._page.mouse.move(VIEWPORT[0] / 2, VIEWPORT[1] / 2))
        quiet, before = 0, ""
        for _ in range(self._turns):
            await self._do(self._page.mouse.wheel(0, VIEWPORT[1] * 0.9))
            await self._settle(_QUIET_ROUNDS[quiet])
            extent = await self._evaluate(EXTENT)
            now = f"{extent} {len(self._asked)}"
            at_bottom = isinstance(extent, list) and extent[:1] == [True]
            quiet = quiet + 1 if at_bottom and now == before else 0
            before = now
            if quiet == len(_QUIET_ROUNDS) or self._loop.time() > stop_at:
                return

    async def html(self) -> str:
        """Return the page as it stands, with shadow trees opened and what the browser chose as attributes."""
        html = await self._evaluate(HTML)
        await self._arrive()
        return html if isinstance(html, str) else ""

    async def visit(self) -> None:
        """Go to the address; raises what `Web.get_text` would, and `BrowserError`."""
        self._listen()
        response = await self._do(self._page.goto(self.url, wait_until="domcontentloaded"))
        if response is not None:
            self.headers = {name.lower(): value for name, value in (await self._do(response.all_headers())).items()}
            if words := self.headers.get(OWN_WORDS):
                raise said_by_guard(response.url, response.status, words)
            self._web.judge(checked_url(response.url), response.status, self.headers)
        await self._settle(_QUIET_ROUNDS[0])
        await self._arrive()

    async def _arrive(self) -> None:
        """Ask again for leave when redirects or scripts have led elsewhere."""
        if self._page.url != self.final_url:
            self.final_url = checked_url(self._page.url)
        self.robots = await self._web.allowed(self.final_url)

    def _listen(self) -> None:
        self._page.on("crash", self._crash)
        self._page.on("request", self._begun)
        self._page.on("requestfinished", self._ended)
        self._page.on("requestfailed", self._failed)

    def _crash(self, _: ChromiumPage) -> None:
        self._crashed = True

    def _begun(self, request: Request) -> None:
        if request.resource_type in _LOADING:
            self._loading[request] = self._loop.time()
        elif request.resource_type == "image" and len(self._asked) < _MOST_PICTURES:
            self._asked.setdefault(request.url)

    def _ended(self, request: Request) -> None:
        self._loading.pop(request, None)

    def _failed(self, request: Request) -> None:
        self._ended(request)
        if request.is_navigation_request():
            self._failed_at = request.url

    async def _settle(self, seconds: float) -> None:
        """Wait a little, and longer while scripts are fetching; what never ends is not waited for."""
        await asyncio.sleep(seconds)
        until = self._loop.time() + _PATIENCE
        while self._loop.time() < until and any(
            self._loop.time() - began < _PATIENCE for began in self._loading.values()
        ):
            await asyncio.sleep(0.05)

    async def _evaluate(self, script: str) -> Any:
        """Run a script in an isolated world; once more when the page moved on meanwhile."""
        try:
            return await self._do(self._evaluate_once(script))
        except FetchError:
            if self._crashed or self._loop.time() > self._deadline:
                raise
            await self._do(self._page.wait_for_load_state("domcontentloaded"))
            return await self._do(self._evaluate_once(script))

    async def _evaluate_once(self, script: str) -> Any:
        session = await self._page.context.new_cdp_session(self._page)
        try:
            tree = await session.send("Page.getFrameTree")
            frame = tree["frameTree"]["frame"]["id"]
            world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "gallery"})
            asked = {"expression": script, "contextId": world["executionContextId"], "returnByValue": True}
            answer = await session.send("Runtime.evaluate", asked)
        finally:
            await session.detach()
        return answer["result"].get("value")

    async def _do(self, action: Awaitable[T]) -> T:
        """Await the driver within the page's time, and end its exceptions here."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await action
        except (TimeoutError, PlaywrightTimeout) as error:
            reason = f"the page did not answer within its {self._budget:g} s (GALLERY_PAGE_BUDGET)"
            raise Unavailable(self.url, reason) from error
        except PlaywrightError as error:
            raise await self._translated(error) from error

    async def _translated(self, error: PlaywrightError) -> ScraperError:
        browser = self._page.context.browser
        if self._crashed:
            return FetchError(self.url, "the page crashed its part of the browser")
        if self._page.is_closed() or browser is None or not browser.is_connected():
            # The driver tells of the page first and of the browser a moment later.
            await asyncio.sleep(0.2)
            if browser is None or not browser.is_connected():
                return BrowserError(f"it died while {self.url} was open", "Run the same command again.")
            return FetchError(self.url, "the page closed itself")
        where = authority(self._failed_at)
        for refusal in self._guard.refusals:
            if refusal.target == where:
                return Refused(self._failed_at, refusal.reason)
        code = re.search(r"net::(ERR_\w+)", error.message)
        if code is None:
            return FetchError(self.url, f"the browser could not go on ({error.message.splitlines()[0][:200]})")
        if code[1] == "ERR_ABORTED":
            return FetchError(self.url, "it is a download, not a page")
        return Unavailable(self.url, f"the browser could not open it ({code[1]})")


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
            context, opened = await self._visited(url)
        try:
            yield opened
        finally:
            await self._close(context)

    async def _visited(self, url: str) -> tuple[BrowserContext, OpenPage]:
        context = await self._bounded(self._new_context(await self._running()))
        try:
            page = await self._bounded(context.new_page())
            opened = OpenPage(page, url, self._settings, self._guard, self._web)
            async with self._web.turn(url):
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
        self._scratch = tempfile.TemporaryDirectory(prefix="gallery-browser-", ignore_cleanup_errors=True)
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
        await context.route("**/*", _let_through)
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
        for end in ends:
            # A dead or hanging driver cannot be asked nicely; the process deadline ends what is left.
            with suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await end()
        if scratch is not None:
            scratch.cleanup()


async def _let_through(route: Route) -> None:
    # The page may be gone by the time it is answered.
    with suppress(PlaywrightError):
        if route.request.resource_type in ABORTED:
            await route.abort()
        else:
            await route.continue_()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
