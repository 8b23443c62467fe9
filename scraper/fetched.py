"""A complete answer of a server, and the limits within which one is waited for."""

from collections.abc import Mapping
from dataclasses import dataclass

from scraper.model import RobotsAnswer

_OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_OURS = "semantic-gallery"


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long, how much and how often: seconds, bytes, bytes a second, tries.

    `floor` is the slowest average rate that is put up with once `grace` has passed, so that a server
    which sends one byte now and then cannot hold a connection until `total`.
    """

    connect: float = 10
    read: float = 15
    total: float = 60
    grace: float = 10
    floor: int = 1024
    text_bytes: int = 10 * 2**20
    redirects: int = 5
    tries: int = 3
    first_pause: float = 2


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was asked for, where it came from in the end, and what was said; header names in lower case."""

    url: str
    final_url: str
    status: int
    content_type: str | None
    content: bytes
    robots: RobotsAnswer
    headers: Mapping[str, str]

    @property
    def opt_outs(self) -> tuple[str, ...]:
        """The wishes of the rights holder in the headers: "noai", "noimageai", "noindex", "tdm-reservation" ..."""
        return opt_outs(self.headers)


def opt_outs(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the opt-outs in an answer's headers: X-Robots-Tag where it speaks to all or to us, TDM-Reservation."""
    found = list(opted_out(headers.get("x-robots-tag", "")))
    if headers.get("tdm-reservation", "").strip() == "1":
        found.append("tdm-reservation")
    return tuple(found)


def opted_out(directives: str) -> tuple[str, ...]:
    """Return which words of an X-Robots-Tag header or a robots meta tag ask not to be collected.

    A name before a colon addresses the words after it to one robot; other robots' words are passed over.
    """
    found, for_us = [], True
    for part in directives.lower().split(","):
        name, colon, word = part.rpartition(":")
        if colon:
            for_us = name.strip() == _OURS
        if for_us and word.strip() in _OPT_OUTS:
            found.append(word.strip())
    return tuple(found)
