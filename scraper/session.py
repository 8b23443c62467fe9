"""What one run of the scraper needs to look around: the guard, the HTTP client and the browser."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from scraper.browser import Browser
from scraper.guard import Guard
from scraper.manners import Pace
from scraper.settings import ScraperSettings
from scraper.sources import Reach
from scraper.stand_in import StandIn
from scraper.web import Web


@asynccontextmanager
async def open_reach(
    settings: ScraperSettings, stand_in: StandIn | None = None, paces: Mapping[str, Pace] | None = None
) -> AsyncIterator[Reach]:
    """Open guard and client, and close them after use; the browser starts with the first page opened.

    Raises `ConfigError` when real sites would be visited and no contact is set.
    """
    async with (
        Guard(stand_in) as guard,
        Web(settings, guard, paces=paces) as web,
        Browser(settings, guard, web) as browser,
    ):
        yield Reach(web, browser)
