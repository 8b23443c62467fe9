"""The sources pictures come from: one module each, found by its name in the registry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from scraper.model import ArtistQuery, Candidate

if TYPE_CHECKING:
    from scraper.browser import Browser
    from scraper.web import Web


@dataclass(frozen=True, slots=True)
class Reach:
    """What a source may use to look around; the browser starts with the first page it opens."""

    web: "Web"
    browser: "Browser"


class Source(Protocol):
    """A place that has pictures: yields candidates, never fetches, sleeps or retries by itself."""

    name: ClassVar[str]
    title: ClassVar[str]
    local: ClassVar[bool]

    def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncIterator[Candidate]:
        """Yield candidates, best first; a local source gets no reach."""
