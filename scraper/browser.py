"""A real browser for pages that only scripts fill: Chromium through Playwright, behind the guard.

It looks for addresses; it never carries a picture's bytes, which are fetched by `scraper.web`.
"""

from types import TracebackType
from typing import Self

from scraper.guard import Guard
from scraper.settings import ScraperSettings
from scraper.web import Web


class Browser:
    """One browser for one run, started by the first page that is opened."""

    def __init__(self, settings: ScraperSettings, guard: Guard, web: Web) -> None:
        self._settings, self._guard, self._web = settings, guard, web

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
