"""What a site's robots.txt says (RFC 9309), read once a day per origin."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from scraper.errors import FetchError

TOKEN = "semantic-gallery"
"""The name by which a robots.txt addresses us."""

LONGEST = 500 * 1024
"""Bytes of a robots.txt that are read; what follows is ignored, as the RFC allows."""

_KEPT_FOR = 24 * 3600.0
_FAILURE_KEPT_FOR = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one origin; `unreadable` says why everything counts as disallowed."""

    parsed: Protego | None = None
    unreadable: str | None = None

    def refusal(self, url: str) -> str | None:
        """Return why `url` may not be fetched, None when it may."""
        if self.unreadable is not None:
            return f"robots.txt could not be read ({self.unreadable})"
        if self.parsed is not None and not self.parsed.can_fetch(url, TOKEN):
            return f"robots.txt disallows {urlsplit(url).path}"
        return None

    @property
    def seconds_apart(self) -> float:
        """Seconds between two requests that the site asks for, 0 when it does not."""
        if self.parsed is None:
            return 0.0
        rate = self.parsed.request_rate(TOKEN)
        return max(self.parsed.crawl_delay(TOKEN) or 0.0, rate.seconds / rate.requests if rate else 0.0)


def read_rules(status: int, body: bytes) -> Rules:
    """Return the rules in an answer: a 4xx allows everything, any other failure nothing."""
    if status == 200:
        return Rules(Protego.parse(body[:LONGEST].decode("utf-8-sig", "replace")))
    if 400 <= status < 500 and status != 429:
        return Rules()
    return Rules(unreadable=f"answered {status}")


class Robots:
    """Every origin's rules; `fetch` gets the status and body of a robots.txt."""

    def __init__(
        self, fetch: Callable[[str], Awaitable[tuple[int, bytes]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._known: dict[str, tuple[float, Rules]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def rules(self, url: str) -> Rules:
        """Return the rules for the origin of `url`; `Refused` and `Blocked` of the fetch pass through."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._locks.setdefault(origin, asyncio.Lock()):
            good_until, rules = self._known.get(origin, (0.0, None))
            if rules is None or self._clock() > good_until:
                rules = await self._read(f"{origin}/robots.txt")
                lasts = _KEPT_FOR if rules.unreadable is None else _FAILURE_KEPT_FOR
                self._known[origin] = (self._clock() + lasts, rules)
            return rules

    async def _read(self, url: str) -> Rules:
        try:
            return read_rules(*await self._fetch(url))
        except FetchError as error:
            return Rules(unreadable=error.reason)
