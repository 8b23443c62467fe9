"""A client of the web that goes through the real guard, with limits of parts of a second."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websites import Websites

from scraper.fetched import FetchLimits
from scraper.guard import Guard
from scraper.settings import ScraperSettings
from scraper.web import Web

HOME = "http://museum.example/"
PICTURE = "http://museum.example/1.jpg"
QUICK = FetchLimits(connect=2, read=0.4, total=2, grace=0.3, floor=10_000, first_pause=0.01)


def settings(**changes: Any) -> ScraperSettings:
    return ScraperSettings(_env_file=None, **{"per_second": 1000.0, "connections": 8, "max_image_mb": 1, **changes})


@asynccontextmanager
async def web_to(sites: Websites, limits: FetchLimits = QUICK, **changes: Any) -> AsyncIterator[Web]:
    async with Guard(sites.stand_in) as guard, Web(settings(**changes), guard, limits) as web:
        yield web
