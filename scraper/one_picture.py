"""One picture by its address, for somebody who waits: through the guard like all others, with less patience."""

import asyncio

from scraper.errors import Unavailable
from scraper.fetched import FetchLimits
from scraper.guard import Guard
from scraper.settings import ScraperSettings
from scraper.stand_in import StandIn
from scraper.web import Web

SECONDS = 12.0
"""The most that all of it takes: robots.txt, what the site reserves, redirects, the picture."""

# robots.txt, reservations and the picture in one go: three requests to a site are no burden.
_PER_SECOND = 10.0
_LIMITS = FetchLimits(connect=4, read=5, total=10, grace=4, redirects=3, tries=1, first_pause=0.5)


def fetch_one(url: str, settings: ScraperSettings, stand_in: StandIn | None = None) -> bytes:
    """Return the bytes at an address, whatever they turn out to be, within `SECONDS`; nothing is written anywhere.

    Raises what `Web` raises: `Refused`, `Blocked`, `OptedOut`, `Unavailable`, `FetchError`, and `ConfigError` when no
    contact is set.
    """
    hasty = settings.model_copy(update={"per_second": max(settings.per_second, _PER_SECOND)})
    return asyncio.run(_fetch(url, hasty, stand_in))


async def _fetch(url: str, settings: ScraperSettings, stand_in: StandIn | None) -> bytes:
    try:
        async with asyncio.timeout(SECONDS), Guard(stand_in) as guard, Web(settings, guard, _LIMITS) as web:
            return (await web.get_picture(url)).content
    except TimeoutError as error:
        raise Unavailable(url, f"not complete after {SECONDS:.0f} s") from error
