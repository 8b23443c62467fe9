"""The museum's works on their way into the library: scraped by the real scraper, several artists at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from gallery.museum.model import Artist
from gallery.museum.site import OpenMuseum, page_of
from scraper.library import Library
from scraper.model import ArtistQuery
from scraper.names import slug
from scraper.outcome import Event, Outcome
from scraper.settings import ScraperSettings
from scraper.sources import SOURCES, Reach

AT_A_TIME = 3
"""Pages open at a time: much of the time that a page takes is waiting whether more of it comes."""


def uncollected(library: Library, artists: Sequence[Artist]) -> list[Artist]:
    """Return the artists of whom the library does not hold every work."""
    held = Counter(slug(record.artist) for record in library.records())
    return [artist for artist in artists if held[artist.slug] < len(artist.works)]


async def collect(
    site: OpenMuseum,
    artists: Sequence[Artist],
    settings: ScraperSettings,
    notify: Callable[[Event], None] = lambda event: None,
) -> dict[str, Outcome]:
    """Scrape the artists' pages with one browser and return what came of each, by name.

    Raises whatever ended a run for good; the others are then stopped, and the same call goes on from there.
    """
    # Imported here: a demo that has everything needs no browser's driver.
    from scraper.session import open_reach

    outcomes: dict[str, Outcome] = {}
    turns = asyncio.Semaphore(AT_A_TIME)
    async with open_reach(settings, site.stand_in) as reach:

        async def visit(artist: Artist) -> None:
            async with turns:
                outcomes[artist.name] = await _visit(artist, site, reach, settings, notify)

        try:
            async with asyncio.TaskGroup() as group:
                # The last to come are shown first among the recent works: let these be the first by name.
                for artist in reversed(artists):
                    group.create_task(visit(artist))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
    return outcomes


async def _visit(
    artist: Artist, site: OpenMuseum, reach: Reach, settings: ScraperSettings, notify: Callable[[Event], None]
) -> Outcome:
    from scraper.run import scrape

    outcome = await scrape(
        ArtistQuery(artist.name, limit=len(artist.works), pages=(page_of(artist),)),
        [SOURCES["webpage"]()],
        settings,
        stand_in=site.stand_in,
        reach=reach,
        deadline=settings.deadline,
        notify=notify,
    )
    if outcome.fatal:
        raise outcome.fatal
    return outcome
