"""What a site reserves from text and data mining in its /.well-known/tdmrep.json (TDMRep, a W3C community report).

The file is a list of rules, each a pattern of paths and whether they are reserved. Patterns are those of robots.txt,
and as there the longest that fits decides. A site without the file, or with one that cannot be read, reserves nothing.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from scraper.answers import at, objects
from scraper.errors import FetchError

PLACE = "/.well-known/tdmrep.json"
_MOST_RULES = 1_000


@dataclass(frozen=True, slots=True)
class Reservation:
    """One rule: a pattern of paths, and whether what lies there is reserved."""

    pattern: str
    reserved: bool

    def fits(self, path: str) -> bool:
        """Return whether a path with its query is meant."""
        pattern, end = (self.pattern[:-1], "$") if self.pattern.endswith("$") else (self.pattern, "")
        # Runs of stars would make matching slow, and mean no more than one.
        parts = map(re.escape, re.split(r"\*+", pattern))
        return re.match(".*?".join(parts) + end, path) is not None


def read_reservations(status: int, body: bytes) -> tuple[Reservation, ...]:
    """Return the rules in an answer, none when it is no such file."""
    if status != 200:
        return ()
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    rules = objects(said)[:_MOST_RULES]
    return tuple(
        Reservation(pattern, at(rule, "tdm-reservation") in (1, "1", True))
        for rule in rules
        if isinstance(pattern := at(rule, "location"), str) and pattern.count("*") < 5 and len(pattern) < 500
    )


def is_reserved(rules: tuple[Reservation, ...], url: str) -> bool:
    """Return whether the rules of its site reserve an address."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    fitting = [rule for rule in rules if rule.fits(path)]
    return max(((len(rule.pattern), rule.reserved) for rule in fitting), default=(0, False))[1]


class Reservations:
    """Every origin's rules, read once a run; `fetch` gets the status and body of the file."""

    def __init__(self, fetch: Callable[[str], Awaitable[tuple[int, bytes]]]) -> None:
        self._fetch = fetch
        self._known: dict[str, tuple[Reservation, ...]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def reserved(self, url: str) -> bool:
        """Return whether an address is reserved; `Refused` and `Blocked` of the fetch pass through."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._locks.setdefault(origin, asyncio.Lock()):
            if origin not in self._known:
                try:
                    self._known[origin] = read_reservations(*await self._fetch(origin + PLACE))
                except FetchError:
                    self._known[origin] = ()
        return is_reserved(self._known[origin], url)
