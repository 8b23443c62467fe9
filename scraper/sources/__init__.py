"""The sources pictures come from: one module each, found by its name in the registry."""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeGuard

from scraper.health import Health, examine
from scraper.manners import Manners
from scraper.model import ArtistQuery, Candidate, Skip

if TYPE_CHECKING:
    from scraper.browser import Browser
    from scraper.web import Web


@dataclass(frozen=True, slots=True)
class Reach:
    """What a source may use to look around; the browser starts with the first page it opens."""

    web: "Web"
    browser: "Browser"


class Source(Protocol):
    """A place that has pictures: yields candidates, never fetches them, sleeps or retries by itself."""

    name: ClassVar[str]
    title: ClassVar[str]
    local: ClassVar[bool]

    def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield candidates, best first, and what it had to leave out; a local source gets no reach."""


class Site(ABC):
    """A source on the web, with all that an admin is told of it.

    `origins` are the addresses it asks by itself, `manners` how; `how` and `licences` are words for the table of
    sources. One that is not `default_on` works once the owner has named it in GALLERY_SOURCES_ON. `known_artist` is
    one it surely has works of, for `check`; without it there is nothing to check.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    local: ClassVar[bool] = False
    origins: ClassVar[frozenset[str]] = frozenset()
    how: ClassVar[str]
    licences: ClassVar[str]
    default_on: ClassVar[bool] = True
    caution: ClassVar[str | None] = None
    manners: ClassVar[Manners] = Manners()
    known_artist: ClassVar[str | None] = None

    @abstractmethod
    def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield candidates, best first, and what it had to leave out."""

    async def check(self, reach: Reach) -> Health | None:
        """Ask one question whose answer is known; None where there is none to ask."""
        if self.known_artist is None:
            return None
        return await examine(self, ArtistQuery(self.known_artist, limit=1), reach)


class Registry(Mapping[str, type[Source]]):
    """Names of sources to their classes: each module here calls its class `SOURCE`, and is imported when asked for."""

    def __getitem__(self, name: str) -> type[Source]:
        if name not in self._modules():
            raise KeyError(name)
        found: type[Source] = importlib.import_module(f"{__name__}.{self._modules()[name]}").SOURCE
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules())

    def __len__(self) -> int:
        return len(self._modules())

    def sites(self) -> dict[str, type[Site]]:
        """Return the sources on the web by their names; this imports them all."""
        return {name: source for name, source in self.items() if _is_site(source)}

    @staticmethod
    def _modules() -> dict[str, str]:
        # `csv_table` would hide the standard library's module from a reader if it were called as its source is.
        return {module.name.removesuffix("_table"): module.name for module in pkgutil.iter_modules(__path__)}


def _is_site(source: type[Source]) -> TypeGuard[type[Site]]:
    return not source.local


SOURCES = Registry()
