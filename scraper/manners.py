"""How a source behaves towards the hosts it asks: what is said of it in tables, and held to by the client."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

Number = TypeVar("Number", int, float)

Asking = Literal["obey", "api"]
"""Whether robots.txt is asked first; a documented API that invites programs is not a crawl."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The most that one host is asked, whatever the settings allow; None leaves it to them alone."""

    per_second: float | None = None
    per_minute: int | None = None
    per_day: int | None = None
    connections: int | None = None

    def with_other(self, other: "Pace") -> "Pace":
        """Return the pace that keeps to both."""
        return Pace(
            _least(self.per_second, other.per_second),
            _least(self.per_minute, other.per_minute),
            _least(self.per_day, other.per_day),
            _least(self.connections, other.connections),
        )


@dataclass(frozen=True, slots=True)
class Manners:
    """Whether a source's own questions obey robots.txt (pictures always do), and the pace for each of its hosts."""

    robots: Asking = "obey"
    hosts: Mapping[str, Pace] = field(default_factory=dict)


def paces_of(all_manners: Iterable[Manners]) -> dict[str, Pace]:
    """Return the pace for each host when several sources are asked in one run."""
    paces: dict[str, Pace] = {}
    for manners in all_manners:
        for host, pace in manners.hosts.items():
            paces[host] = paces.get(host, Pace()).with_other(pace)
    return paces


def _least(one: Number | None, other: Number | None) -> Number | None:
    return min((each for each in (one, other) if each is not None), default=None)
