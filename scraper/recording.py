"""A reach that writes down every answer it gets: to make test pages of, or to see what a site really says.

Cookies are neither sent nor kept and no header is written; what a page itself says of the session it was made for
stays in it, so look through a page before it is given to others.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scraper.browser import Browser, OpenPage
from scraper.disk import storage_error
from scraper.errors import ScraperError
from scraper.fetched import Fetched
from scraper.guard import Guard
from scraper.manners import Pace
from scraper.settings import ScraperSettings
from scraper.sources import Reach
from scraper.stand_in import StandIn
from scraper.web import Web


class Notebook:
    """A folder into which answers are written in their order, `answers.json` saying where each came from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers: list[dict[str, Any]] = []

    def write(self, url: str, content: bytes, status: int | None, content_type: str | None) -> None:
        """Add an answer; raises `StorageError`."""
        suffix = "json" if content.lstrip()[:1] in (b"{", b"[") else "html"
        host = re.sub(r"[^a-z0-9.-]", "", urlsplit(url).hostname or "")
        name = f"{len(self._answers) + 1:02}-{host}.{suffix}"
        self._answers.append({"file": name, "url": url, "status": status, "content_type": content_type})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(content)
            (self._folder / "answers.json").write_text(json.dumps(self._answers, indent=1) + "\n")
        except OSError as error:
            raise storage_error(self._folder, error) from error


class _Web(Web):
    notebook: Notebook

    async def get_text(self, url: str, **how: Any) -> Fetched:
        """Fetch as ever, and write it down."""
        fetched = await super().get_text(url, **how)
        self.notebook.write(fetched.final_url, fetched.content, fetched.status, fetched.content_type)
        return fetched


class _Browser(Browser):
    notebook: Notebook

    @asynccontextmanager
    async def open_page(self, url: str) -> AsyncIterator[OpenPage]:
        """Open a page as ever, and write down how it stands at the end, also when nothing could be made of it."""
        async with super().open_page(url) as page:
            try:
                yield page
            finally:
                # A page that is dead by then has nothing to say.
                with suppress(ScraperError):
                    self.notebook.write(page.final_url, (await page.html()).encode(), None, None)


@asynccontextmanager
async def open_recording_reach(
    settings: ScraperSettings, folder: Path, stand_in: StandIn | None = None, paces: Mapping[str, Pace] | None = None
) -> AsyncIterator[Reach]:
    """Open what `scraper.session.open_reach` opens, with every answer written into the folder."""
    notebook = Notebook(folder)
    async with (
        Guard(stand_in) as guard,
        _Web(settings, guard, paces=paces) as web,
        _Browser(settings, guard, web) as browser,
    ):
        web.notebook = browser.notebook = notebook
        yield Reach(web, browser)
