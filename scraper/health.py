"""Whether a source still works: one question whose answer is known, and what came of it told apart."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scraper.errors import Blocked, Changed, NotFound, ScraperError
from scraper.model import ArtistQuery, Candidate

if TYPE_CHECKING:
    from scraper.sources import Reach, Source

Verdict = Literal["ok", "empty", "blocked", "changed", "failed"]
_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Health:
    """What came of a check: `ok` found a picture, `empty` none where there are some, `failed` had no answer at all."""

    source: str
    verdict: Verdict
    said: str
    error: ScraperError | None = None


async def examine(source: "Source", query: ArtistQuery, reach: "Reach") -> Health:
    """Look for the first picture a source has for a query that it surely has pictures for; none is fetched."""
    try:
        async with aclosing(source.find(query, reach)) as finding:
            looked_at = 0
            async for found in finding:
                looked_at += 1
                if isinstance(found, Candidate) and found.image_urls:
                    return Health(source.name, "ok", f"found {found.title or 'a work'!r}, {found.image_urls[0]}")
                if looked_at == _LOOKED_AT:
                    break
        return Health(source.name, "empty", f"none of {looked_at} works has a picture to fetch")
    except ScraperError as error:
        return Health(source.name, _verdict(error), str(error), error)


def _verdict(error: ScraperError) -> Verdict:
    match error:
        case Blocked():
            return "blocked"
        case Changed():
            return "changed"
        case NotFound():
            return "empty"
    return "failed"
