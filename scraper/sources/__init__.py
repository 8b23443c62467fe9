"""The sources pictures come from: one module each, found by its name in the registry."""

import importlib
import pkgutil
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

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

    @staticmethod
    def _modules() -> dict[str, str]:
        # `csv_table` would hide the standard library's module from a reader if it were called as its source is.
        return {module.name.removesuffix("_table"): module.name for module in pkgutil.iter_modules(__path__)}


SOURCES = Registry()
