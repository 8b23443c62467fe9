"""A complete answer of a server, and the limits within which one is waited for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scraper.model import RobotsAnswer

_OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_OURS = "semantic-gallery"
_ROBOTS_TAG = "x-robots-tag"


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
    reserved: bool = False
    """Whether its site reserves it from mining, in a file of its own (scraper.reservations)."""

    @property
    def opt_outs(self) -> tuple[str, ...]:
        """The wishes of the rights holder: "noai", "noimageai", "noindex", "tdm-reservation" ..."""
        in_headers = opt_outs(self.headers)
        return tuple(dict.fromkeys([*in_headers, "tdm-reservation"])) if self.reserved else in_headers


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their names in lower case, the values of a repeated one joined as HTTP has it.

    X-Robots-Tag is kept in lines, because a robot that one of them names is not meant by the next.
    """
    found: dict[str, str] = {}
    for name, value in ((name.lower(), value) for name, value in pairs):
        joint = "\n" if name == _ROBOTS_TAG else ", "
        found[name] = f"{found[name]}{joint}{value}" if name in found else value
    return found


def opt_outs(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the opt-outs in an answer's headers: X-Robots-Tag where it speaks to all or to us, TDM-Reservation."""
    found = list(opted_out(headers.get(_ROBOTS_TAG, "")))
    if headers.get("tdm-reservation", "").strip() == "1":
        found.append("tdm-reservation")
    return tuple(found)


def opted_out(directives: str) -> tuple[str, ...]:
    """Return which words of an X-Robots-Tag header or a robots meta tag ask not to be collected.

    A name before a colon addresses the words after it to one robot; other robots' words are passed over.
    """
    found = []
    for line in directives.lower().splitlines():
        for_us = True
        for part in line.split(","):
            name, colon, word = part.rpartition(":")
            if colon:
                for_us = name.strip() == _OURS
            if for_us and word.strip() in _OPT_OUTS:
                found.append(word.strip())
    return tuple(found)
