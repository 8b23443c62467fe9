"""Our browser in front of pages that misbehave: real Chromium, the real guard, sites on loopback."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from playwright.async_api import Error as PlaywrightError
from websites import Answer, Asked, Websites

from scraper.browser import Browser
from scraper.errors import Blocked, BrowserError, FetchError, Refused, ScraperError, Unavailable
from scraper.guard import Guard
from scraper.settings import ScraperSettings
from scraper.web import Web

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HOME = "http://museum.example/"
LAZY = """<!doctype html><body><div id="wall"></div><script>
  let hung = 0;
  const wall = document.getElementById("wall");
  function hang() {
    if (hung >= MANY) return;
    fetch("/more?from=" + hung).then(() => {
      for (let i = 0; i < 10; i++) {
        const work = document.createElement("img");
        work.style = "display:block;width:300px;height:400px";
        work.src = "/works/" + hung++ + ".jpg";
        wall.append(work);
      }
      eye.observe(wall.lastChild);
    });
  }
  const eye = new IntersectionObserver(seen => {
    if (seen.some(one => one.isIntersecting)) { eye.disconnect(); hang(); }
  });
  hang();
</script></body>"""


def settings(**changes: Any) -> ScraperSettings:
    return ScraperSettings(_env_file=None, **{"per_second": 1000.0, "page_budget": 15.0, "connections": 8, **changes})


@pytest.fixture(scope="module")
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "images.example") as sites:
        yield sites


@pytest.fixture(scope="module", autouse=True)
def impatience() -> Iterator[None]:
    """Local sites answer at once: what real ones take is not waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scraper.browser._QUIET_ROUNDS", (0.03, 0.1, 0.2))
        yield


@asynccontextmanager
async def browser_to(sites: Websites, **changes: Any) -> AsyncIterator[Browser]:
    async with Guard(sites.stand_in) as guard, Web(settings(**changes), guard) as web:
        async with Browser(settings(**changes), guard, web) as browser:
            yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(sites: Websites) -> AsyncIterator[Browser]:
    """One browser for all tests of this file that leave it alive."""
    async with browser_to(sites) as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hurried(sites: Websites) -> AsyncIterator[Browser]:
    """One whose pages have two seconds."""
    async with browser_to(sites, page_budget=2.0) as browser:
        yield browser


async def html_of(browser: Browser, url: str) -> str:
    async with browser.open_page(url) as page:
        return await page.html()


async def outcome(browser: Browser, url: str) -> ScraperError | None:
    """Open a page, scroll and read it; return the error that this ended in."""
    try:
        async with browser.open_page(url) as page:
            await page.scroll()
            await page.html()
    except ScraperError as error:
        return error
    return None


async def still_alive(browser: Browser, sites: Websites) -> bool:
    sites.add(HOME + "fine", "<p>fine</p>")
    return "fine" in await html_of(browser, HOME + "fine")


def children(*names: str) -> list[psutil.Process]:
    """The processes below this one whose program is called so."""
    return [child for child in psutil.Process().children(recursive=True) if runs(child, names)]


def runs(process: psutil.Process, names: tuple[str, ...]) -> bool:
    """Whether the process is alive and its program is called so; one may end while it is looked at."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any(name in process.name() for name in names)
    except psutil.NoSuchProcess:
        return False


# --- what it does ----------------------------------------------------------------------------------------------------


async def test_a_page_is_read_after_its_scripts_have_run(browser: Browser, sites: Websites) -> None:
    sites.add(
        HOME + "a", Answer("<p>hi<script>document.body.append('made by a script')</script>", headers={"X-A": "b"})
    )
    async with browser.open_page(HOME + "a#part") as page:
        assert "made by a script" in await page.html()
        assert (page.url, page.final_url, page.robots, page.headers["x-a"]) == (HOME + "a",) * 2 + ("allowed", "b")
    asked = next(asked for asked in sites.asked if asked.url == HOME + "a")
    assert asked.headers["user-agent"] == settings().user_agent


async def test_a_page_over_tls_is_read_as_well(browser: Browser, sites: Websites) -> None:
    sites.add("https://museum.example/safe", "<p>safe</p>")
    assert "safe" in await html_of(browser, "https://museum.example/safe")


async def test_a_site_that_moves_to_tls_may_have_one_connection_only(sites: Websites) -> None:
    """The robots.txt of the new address waits for its turn, which the page must not hold."""
    sites.add(HOME + "moved", Answer(status=301, headers={"Location": "https://museum.example/moved"}))
    sites.add("https://museum.example/moved", "<p>here</p>")
    async with asyncio.timeout(30), browser_to(sites, connections=1) as browser:
        async with browser.open_page(HOME + "moved") as page:
            assert page.final_url == "https://museum.example/moved" and "here" in await page.html()


async def test_pictures_are_seen_but_never_loaded(browser: Browser, sites: Websites) -> None:
    sites.add(HOME + "lazy", LAZY.replace("MANY", "60"))
    sites.add(HOME + "more", "")
    async with browser.open_page(HOME + "lazy") as page:
        await page.scroll()
        assert page.pictures_seen == tuple(f"{HOME}works/{number}.jpg" for number in range(60))
        assert (await page.html()).count("<img") == 60
    assert not any("/works/" in asked.url for asked in sites.asked)


async def test_what_only_the_browser_knows_is_written_into_the_page(browser: Browser, sites: Websites) -> None:
    sites.add(HOME + "seen", """<style>#b { background-image: url(/b.jpg) }</style>
        <img srcset="/small.jpg 100w, /large.jpg 5000w" sizes="100vw" style="width:320px;height:200px"><p id="b">x</p>
        <div id="host"></div><script>
          const open = host.attachShadow({mode: "open"}); open.innerHTML = "<div id=inner></div>";
          open.getElementById("inner").attachShadow({mode: "open"}).innerHTML = "<img src=/deep.jpg>";
        </script>""")  # fmt: skip
    html = await html_of(browser, HOME + "seen")
    assert f'data-gallery-seen="{HOME}large.jpg"' in html and 'data-gallery-shown="320x200"' in html
    assert "data-gallery-background=" in html and "/b.jpg" in html
    assert 'src="/deep.jpg"' in html


async def test_a_page_cannot_get_in_the_way_of_being_read(browser: Browser, sites: Websites) -> None:
    sites.add(HOME + "spoilt", """<p>here</p><script>
        document.querySelectorAll = Element.prototype.getBoundingClientRect = () => { throw 1 };
        Object.defineProperty(Element.prototype, "outerHTML", {get: () => "x".repeat(1e9)});
        window.getComputedStyle = () => { for (;;); };
        </script>""")  # fmt: skip
    assert "<p>here</p>" in await html_of(browser, HOME + "spoilt")


async def test_no_cookie_is_kept_from_one_page_to_the_next(browser: Browser, sites: Websites) -> None:
    sites.add(HOME + "cookie", Answer("x", headers={"Set-Cookie": "id=7; Path=/"}))
    await html_of(browser, HOME + "cookie")
    await html_of(browser, HOME + "cookie")
    assert not any("cookie" in asked.headers for asked in sites.asked if asked.url == HOME + "cookie")


async def test_a_feed_without_end_is_left(hurried: Browser, sites: Websites) -> None:
    sites.add(HOME + "feed", LAZY.replace("MANY", "1e9"))
    sites.add(HOME + "more", "")
    async with hurried.open_page(HOME + "feed") as page:
        await page.scroll()
        assert len(page.pictures_seen) >= 10
        assert "<img" in await page.html()


@pytest.mark.slow
async def test_ten_thousand_pictures_are_no_trouble(sites: Websites) -> None:
    sites.add(HOME + "many", "".join(f'<img src="/works/{n}.jpg" width="9" height="9">' for n in range(10_000)))
    async with browser_to(sites, page_budget=45.0) as browser, browser.open_page(HOME + "many") as page:
        await page.scroll()
        assert (await page.html()).count("<img") == 10_000


# --- what it refuses -------------------------------------------------------------------------------------------------


async def test_a_page_that_robots_txt_disallows_is_not_opened(browser: Browser, sites: Websites) -> None:
    sites.add("http://images.example/robots.txt", "User-agent: *\nDisallow: /no")
    sites.add("http://images.example/no", "secret")
    for way in (
        Answer(status=302, headers={"Location": "http://images.example/no"}),
        Answer("<script>location = 'http://images.example/no'</script>"),
        Answer('<meta http-equiv="refresh" content="0; url=http://images.example/no">'),
    ):
        sites.add(HOME + "way", way)
        with pytest.raises(Blocked, match="images.example: robots.txt disallows /no"):
            await html_of(browser, HOME + "way")
    before = sites.times("http://images.example/no")
    with pytest.raises(Blocked):
        await html_of(browser, "http://images.example/no")
    assert sites.times("http://images.example/no") == before


@pytest.mark.parametrize("url", ["http://absent.example/", "https://absent.example/"])
async def test_a_host_that_is_not_of_the_stand_in_is_refused(browser: Browser, url: str) -> None:
    with pytest.raises(Refused, match="offline"):
        await html_of(browser, url)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_redirect_off_the_stand_in_is_refused(browser: Browser, sites: Websites, scheme: str) -> None:
    sites.add(HOME + "off", Answer(status=302, headers={"Location": f"{scheme}://absent.example/x"}))
    where = "http://absent.example/x" if scheme == "http" else "absent.example:443"
    with pytest.raises(Refused, match=f"refused {where}: offline"):
        await html_of(browser, HOME + "off")


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, FetchError, "answered 404 Not Found"),
        (403, Blocked, "answered 403 Forbidden"),
        (503, Unavailable, "answered 503 Service Unavailable"),
        (204, FetchError, "the answer is no page"),
    ],
)
async def test_an_answer_that_is_no_page_is_an_error(sites: Websites, status: int, kind: type, said: str) -> None:
    sites.add(HOME + "status", Answer("no", status=status))
    async with browser_to(sites) as browser:
        with pytest.raises(kind, match=said):
            await html_of(browser, HOME + "status")


async def test_a_download_is_no_page(browser: Browser, sites: Websites) -> None:
    sites.add(HOME + "file", Answer(b"PK", type="application/zip", headers={"Content-Disposition": "attachment"}))
    with pytest.raises(FetchError, match="a download, not a page"):
        await html_of(browser, HOME + "file")


# --- what it survives ------------------------------------------------------------------------------------------------

STUCK = {
    "loop": "<p>x</p><script>for (;;);</script>",
    "late-loop": "<p>x</p><script>setTimeout(() => { for (;;); }, 50)</script>",
    "alerts": "<p>x</p><script>for (;;) alert('pay attention')</script>",
    "late-alerts": "<p>x</p><script>setTimeout(() => { for (;;) confirm('sure?') }, 50)</script>",
    "reloads": "<p>x</p><script>location.reload()</script>",
}
HARMLESS = {
    "popups": "<p>x</p><script>for (let i = 0; i < 200; i++) open('/fine')</script>",
    "late-popups": "<p>x</p><script>setInterval(() => open('/fine'), 1)</script>",
    "leaving": "<p>x</p><script>onbeforeunload = () => 'stay'; setInterval(() => alert(1), 20)</script>",
    "print": "<p>x</p><script>print(); prompt('?')</script>",
    "console": "<p>x</p><script>setInterval(() => console.log('y'.repeat(1e5)), 1)</script>",
    "drip": "<p>x</p><img src='/drip.jpg'><script src='/drip.js' async></script>",
    "events": "<p>x</p><script>new EventSource('/stream')</script>",
}


@pytest.mark.parametrize("name", STUCK)
async def test_a_page_that_never_comes_to_rest_ends_with_its_time(hurried: Browser, sites: Websites, name: str) -> None:
    sites.add(HOME + name, STUCK[name])
    async with asyncio.timeout(20):
        error = await outcome(hurried, HOME + name)
        assert error is None or isinstance(error, FetchError)
        assert await still_alive(hurried, sites)
    if "loop" in name or name == "alerts":
        assert isinstance(error, Unavailable) and "within its 2 s (GALLERY_PAGE_BUDGET)" in str(error)


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_page_that_is_merely_rude_is_read(browser: Browser, sites: Websites, name: str) -> None:
    sites.add(HOME + name, HARMLESS[name])
    for path in ("drip.jpg", "drip.js", "stream"):
        sites.add(HOME + path, lambda asked: Answer(sites.drip(), type="text/event-stream"))
    sites.add(HOME + "fine", "<p>fine</p>")
    before = sites.times(HOME + "fine")
    async with browser.open_page(HOME + name) as page:
        await asyncio.sleep(0.3)
        assert "<p>x</p>" in await page.html()
        assert len(page._page.context.pages) == 1
    assert sites.times(HOME + "fine") == before


async def test_a_server_that_never_answers_is_given_up(hurried: Browser, sites: Websites) -> None:
    def silent(asked: Asked) -> Answer:
        sites.closing.wait()
        return Answer()

    sites.add(HOME + "silent", silent)
    with pytest.raises(Unavailable, match="did not answer within its 2 s"):
        await html_of(hurried, HOME + "silent")


async def test_a_page_that_crashes_takes_only_itself_with_it(browser: Browser, sites: Websites) -> None:
    assert await still_alive(browser, sites)
    with pytest.raises(FetchError, match="crashed its part of the browser"):
        async with browser.open_page(HOME + "fine") as page:
            crash = asyncio.ensure_future(page._page.goto("chrome://crash"))
            try:
                await page.html()
                await page.scroll()
            finally:
                await asyncio.gather(crash, return_exceptions=True)
    assert await still_alive(browser, sites)


async def test_a_page_that_crashes_while_nothing_is_asked_of_it_disturbs_nobody(
    browser: Browser, sites: Websites
) -> None:
    assert await still_alive(browser, sites)
    async with asyncio.timeout(30), browser.open_page(HOME + "fine") as page:
        crash = asyncio.ensure_future(page._page.goto("chrome://crash"))
        while not page._crashed:
            await asyncio.sleep(0.01)
        (ended,) = await asyncio.gather(crash, return_exceptions=True)
        assert isinstance(ended, PlaywrightError)
    assert await still_alive(browser, sites)


async def test_a_page_that_closes_itself_is_an_error_of_its_own(browser: Browser, sites: Websites) -> None:
    sites.add(HOME + "closing", "<p>x</p><script>setTimeout(() => close(), 100)</script>")
    error = await outcome(browser, HOME + "closing")
    assert error is None or isinstance(error, FetchError)
    assert await still_alive(browser, sites)


@pytest.mark.parametrize("program", ["headless", "node"])
async def test_a_killed_browser_is_said_to_be_dead_and_the_next_page_has_a_new_one(
    sites: Websites, program: str
) -> None:
    before = set(children(program))
    async with asyncio.timeout(40), browser_to(sites) as browser:
        sites.add(HOME + "fine", "<p>fine</p>")
        with pytest.raises(BrowserError, match=f"browser: it died while {HOME}fine was open") as caught:
            async with browser.open_page(HOME + "fine") as page:
                for process in set(children(program)) - before:
                    process.kill()
                await page.html()
        assert caught.value.exit_code == 8
        assert await still_alive(browser, sites)


async def test_a_driver_that_hangs_does_not_hang_us(sites: Websites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.browser._START_SECONDS", 5.0)
    monkeypatch.setattr("scraper.browser._CLOSE_SECONDS", 0.5)
    before = set(children("node"))
    async with asyncio.timeout(40), browser_to(sites) as browser:
        assert await still_alive(browser, sites)
        driver = (set(children("node")) - before).pop()
        driver.send_signal(signal.SIGSTOP)
        try:
            # It is left where it hangs, and another takes its place.
            async with asyncio.timeout(20):
                assert await still_alive(browser, sites)
        finally:
            driver.kill()


async def test_a_browser_that_dies_again_and_again_is_given_up(sites: Websites) -> None:
    before = set(children("headless"))
    async with asyncio.timeout(60), browser_to(sites) as browser:
        sites.add(HOME + "fine", "<p>fine</p>")
        for _ in range(3):
            async with browser.open_page(HOME + "fine"):
                for process in set(children("headless")) - before:
                    process.kill()
        with pytest.raises(BrowserError, match="it died 3 times in this run"):
            await html_of(browser, HOME + "fine")


# --- what it leaves behind -------------------------------------------------------------------------------------------


async def test_nothing_is_left_on_disk_and_no_process_either(
    sites: Websites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = {process.pid for process in children("headless", "node")}
    async with browser_to(sites) as browser:
        assert await still_alive(browser, sites)
        assert list(tmp_path.iterdir()) != []
    assert list(tmp_path.iterdir()) == []
    assert {process.pid for process in children("headless", "node")} <= before


async def test_the_browser_is_told_none_of_our_secrets(sites: Websites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_SECRET_KEY", "do-not-tell")
    monkeypatch.setenv("HTTP_PROXY", "http://user:do-not-tell@127.0.0.1:9")
    before = set(children("headless"))
    async with browser_to(sites) as browser:
        assert await still_alive(browser, sites)
        told = [process.environ() for process in set(children("headless")) - before]
    assert told and not any("do-not-tell" in value for names in told for value in names.values())


def stub(tmp_path: Path, text: str) -> Path:
    program = tmp_path / "chromium"
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


async def test_a_program_that_is_no_browser_is_named_with_a_way_on(sites: Websites, tmp_path: Path) -> None:
    program = stub(tmp_path, "#!/bin/sh\necho 'cannot open shared object file' >&2\nexit 127\n")
    async with browser_to(sites, browser=program, browser_sandbox="on") as browser:
        with pytest.raises(BrowserError) as caught:
            await html_of(browser, HOME + "fine")
    assert f"{program} does not start" in str(caught.value)
    assert "GALLERY_BROWSER_SANDBOX=off" in str(caught.value) and "GALLERY_BROWSER" in str(caught.value)


async def test_a_browser_that_is_not_there_is_an_error_with_every_way_on(sites: Websites, tmp_path: Path) -> None:
    async with browser_to(sites, browser=tmp_path / "absent") as browser:
        with pytest.raises(
            BrowserError, match="absent, which is not a program .*apt-get install chromium-headless-shell"
        ):
            await html_of(browser, HOME + "fine")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is without the sandbox")
async def test_root_is_told_that_the_sandbox_is_off(sites: Websites, caplog: pytest.LogCaptureFixture) -> None:
    async with browser_to(sites) as browser:
        assert await still_alive(browser, sites)
    assert "without its sandbox" in caplog.text
