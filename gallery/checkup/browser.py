"""The browser: is there one, and does it open a page that a script fills, through the guard?"""

import asyncio
import time
from collections.abc import Iterator

from gallery.checkup.finding import Case, Finding, fault, ok
from scraper.browsers import find_browser, install_browser
from scraper.errors import BrowserError, ScraperError
from scraper.session import open_reach
from scraper.settings import ScraperSettings
from scraper.stand_in import StandIn

MARK = "written by a script"
PAGE = f"<!doctype html><title>A page</title><p id=p></p><script>p.textContent = '{MARK}'</script>".encode()
HOST = "doctor.example"
SECONDS = 60


def look(case: Case) -> Iterator[Finding]:
    """Find a browser, or get one if that is wished, and open a page in it."""
    settings = case.scraper
    try:
        path = find_browser(settings)
    except BrowserError as error:
        if case.install is None or settings.browser is not None:
            yield fault(str(error), "Or run: gallery doctor --install-browser")
            return
        try:
            path = install_browser(case.install)
        except BrowserError as failure:
            yield fault(str(failure), "Install one of them by hand, then run this again.")
            return
    began = time.monotonic()
    try:
        html = asyncio.run(_open_a_page(settings))
    except (ScraperError, TimeoutError) as error:
        yield fault(f"{path} does not work: {error or 'no answer in time'}", "Set GALLERY_BROWSER to another one.")
        return
    if MARK in html:
        yield ok(f"{path} opened a page in {time.monotonic() - began:.1f} s")
    else:
        yield fault(f"{path} ran no script on a page", "Set GALLERY_BROWSER to another one.")


async def _open_a_page(settings: ScraperSettings) -> str:
    """Return what the browser makes of a page that a server of ours gives it under a made-up name."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with asyncio.timeout(SECONDS), server:
        port = server.sockets[0].getsockname()[1]
        stand_in = StandIn({f"{HOST}:80": ("127.0.0.1", port)})
        async with open_reach(settings, stand_in) as reach, reach.browser.open_page(f"http://{HOST}/") as page:
            return await page.html()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    found = head.split(b" ")[1] == b"/"
    body = PAGE if found else b""
    status = b"200 OK" if found else b"404 Not Found"
    writer.write(b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n" % (status, len(body)))
    writer.write(b"Connection: close\r\n\r\n" + body)
    await writer.drain()
    writer.close()
