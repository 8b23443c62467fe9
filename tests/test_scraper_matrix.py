"""The hostile site in real Chromium: without the guard it reaches the inner server in every way, with it in none."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import Any

import hostile
import pytest
from hostile import CASES, HOST, INSIDE, PAGES, Inside
from playwright.async_api import Browser as Chromium
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright
from websites import Websites

from scraper.browser import ARGUMENTS, Browser
from scraper.browsers import find_browser
from scraper.errors import FetchError, Refused
from scraper.guard import Guard, Streams
from scraper.settings import ScraperSettings
from scraper.web import Web

pytestmark = pytest.mark.browser

SCHEMES = {80: "http", 443: "https"}
PUBLIC = "93.184.215.14"
# The flags that hold a page back by themselves are left out where the guard alone is to be tried.
OPEN = [*(flag for flag in ARGUMENTS if "new-web-contents" not in flag), "--ignore-certificate-errors"]
UNFENCED = [flag for flag in OPEN if "webrtc" not in flag]


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites(HOST) as sites:
        yield sites


@pytest.fixture
def inside(sites: Websites) -> Iterator[Inside]:
    with Inside() as inside:
        hostile.build(sites, inside)
        yield inside


def settings(**changes: Any) -> ScraperSettings:
    return ScraperSettings(_env_file=None, contact="me@example.org", per_second=1000.0, page_budget=10.0, **changes)


@asynccontextmanager
async def chromium(arguments: Sequence[str], **options: Any) -> AsyncIterator[Chromium]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=find_browser(settings()), args=list(arguments), chromium_sandbox=False, **options
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def guard_before(
    sites: Websites, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Guard, list[str]]]:
    """The guard as it is towards real sites, but that the hostile site's public address leads to this machine.

    The inner server's port is let through, so that the verdict on its address is all that stands before it.
    Yields the guard and the addresses it has dialled.
    """
    monkeypatch.setattr("scraper.guard.PORTS", {"http": 80, "https": 443, "inside": inside.port})
    dialled: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        return {HOST: [PUBLIC], INSIDE: ["127.0.0.1"]}.get(host, [host])

    async def connect(address: str, port: int) -> Streams:
        dialled.append(address)
        return await asyncio.open_connection("127.0.0.1", port if address != PUBLIC else sites.port(SCHEMES[port]))

    async with Guard(resolve=resolve, connect=connect) as guard:
        yield guard, dialled


async def visit_all(browser: Chromium, inside: Inside, seconds: float, awaited: AbstractSet[str] = CASES) -> None:
    """Open every page and wait until the awaited cases have got through or the time is over."""
    loop = asyncio.get_running_loop()
    context = await browser.new_context()
    for url in PAGES:
        page = await context.new_page()
        try:
            await page.goto(url, wait_until="commit")
        except PlaywrightError:
            pass  # A page that leads inside directly fails when the way is barred.
    until = loop.time() + seconds
    while loop.time() < until and not awaited <= inside.hits:
        await asyncio.sleep(0.05)
    await context.close()


async def test_without_the_guard_every_case_reaches_the_inner_server(sites: Websites, inside: Inside) -> None:
    """Shows that the cases work: were one of them dead, its silence behind the guard would prove nothing."""
    rules = [f"MAP {HOST}:{port} 127.0.0.1:{sites.port(scheme)}" for port, scheme in SCHEMES.items()]
    rules.append(f"MAP {INSIDE} 127.0.0.1")
    async with chromium([*UNFENCED, f"--host-resolver-rules={', '.join(rules)}"]) as browser:
        await visit_all(browser, inside, 15)
    assert inside.hits == CASES
    assert len(CASES) >= 22


async def test_with_the_guard_none_does(sites: Websites, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    async with guard_before(sites, inside, monkeypatch) as (guard, dialled):
        async with chromium(OPEN, proxy={"server": guard.url}) as browser:
            await visit_all(browser, inside, 4)
        refused = {refusal.target for refusal in guard.refusals}
    assert inside.hits == set()
    assert refused == {f"127.0.0.1:{inside.port}", f"{INSIDE}:{inside.port}"}
    assert set(dialled) == {PUBLIC}


async def test_with_the_guard_given_as_an_argument_chromium_goes_past_it(
    sites: Websites, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that a way past the guard would be seen, and why it is never given as an argument."""
    async with guard_before(sites, inside, monkeypatch) as (guard, dialled):
        async with chromium([*OPEN, f"--proxy-server={guard.url}"]) as browser:
            await visit_all(browser, inside, 10, {"fetch", "img"})
    assert {"fetch", "img"} <= inside.hits
    assert set(dialled) == {PUBLIC}


async def test_without_the_verdict_the_guard_lets_them_in(
    sites: Websites, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that it is the verdict which bars the way, and nothing else on it."""
    known = {"img-redirect", "iframe-redirect", "fetch-redirect", "shared-worker", "goto-redirect", "websocket"}
    monkeypatch.setattr("scraper.guard.verdict", lambda address: None)
    async with guard_before(sites, inside, monkeypatch) as (guard, _):
        async with chromium(OPEN, proxy={"server": guard.url}) as browser:
            await visit_all(browser, inside, 10, known)
    assert known <= inside.hits


async def test_our_browser_opens_the_hostile_pages_and_nothing_gets_through(
    sites: Websites, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: dict[str, str] = {}
    monkeypatch.setattr("scraper.browser.ARGUMENTS", [*ARGUMENTS, "--ignore-certificate-errors"])
    # No certificate of a stranger's passes our client; robots.txt is not what is tried here.
    ours = settings(robots="ignore")
    async with guard_before(sites, inside, monkeypatch) as (guard, dialled), Web(ours, guard) as web:
        async with Browser(ours, guard, web) as browser:
            for url in PAGES:
                try:
                    async with browser.open_page(url) as page:
                        await page.html()
                        outcomes[url] = page.final_url
                except (Refused, FetchError) as error:
                    outcomes[url] = type(error).__name__
    assert inside.hits == set() and set(dialled) == {PUBLIC}
    assert outcomes[f"http://{HOST}/all"] == f"http://{HOST}/all"
    assert outcomes[f"http://{HOST}/goto-redirect"] == "Refused"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://127.0.0.1/", "chrome://version", "data:text/html,hi"])
async def test_our_browser_is_not_sent_where_pages_are_not_public(sites: Websites, url: str) -> None:
    async with Guard(sites.stand_in) as guard, Web(settings(), guard) as web:
        async with Browser(settings(), guard, web) as browser:
            with pytest.raises(Refused):
                async with browser.open_page(url):
                    pass
            # It was not even started for it.
            assert guard.refusals == () and browser._chromium is None
