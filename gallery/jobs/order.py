"""What the collecting process is told: all of it, for it gets neither the database's address nor any secret."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """A run of the scraper; `folder` says that the pages are folders on this machine.

    `settings` are those of the scraper as plain values, `seconds` its deadline. A preview collects into a data folder
    of its own and compares with the library at `library`.
    """

    artist: str
    limit: int
    seconds: float
    settings: Mapping[str, Any]
    aliases: Sequence[str] = ()
    pages: Sequence[str] = ()
    sources: Sequence[str] = ()
    folder: bool = False
    preview: bool = False
    library: str = ""
    thumbnails: str = ""
    wikidata: str | None = None
    licence: str | None = None
    credit: str | None = None

    def to_json(self) -> str:
        """Return the order on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Order":
        """Return the order of a line."""
        return cls(**json.loads(line))
