"""A site served as `gallery serve` does, and the browser that looks at it."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from flask import Flask
from playwright.async_api import Browser, Page, async_playwright
from waitress import create_server
from waitress.server import BaseWSGIServer

from gallery.admission import channel_for
from scraper.browsers import find_browser
from scraper.settings import ScraperSettings


@contextmanager
def serving(app: Flask, **more: int) -> Iterator[str]:
    """Yield the address of the site, in a thread of this process, with `more` settings of its server."""
    server = create_server(app, host="127.0.0.1", port=0, threads=8, **more)
    server.channel_class = channel_for(app)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()
        # By the thread that waits for all these sockets: one that another closes may be gone as it is waited for.
        server.trigger.pull_trigger(lambda: hang_up(server))
        thread.join(10)
        assert not thread.is_alive()


def hang_up(server: BaseWSGIServer) -> None:
    """Close a server's door, and the lines on which somebody still waits, with the files that were being sent."""
    server.close()
    for line in [*server.active_channels.values()]:
        line.handle_close()


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Yield Chromium, as it is found on this machine."""
    async with async_playwright() as driver:
        program = find_browser(ScraperSettings())
        browser = await driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


async def sign_in(page: Page, address: str, name: str, password: str) -> None:
    """Sign in as anybody would, and be led to the desk."""
    await page.goto(f"{address}/login")
    await page.get_by_label("Name or email").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_load_state()
