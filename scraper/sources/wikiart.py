"""WikiArt: an artist's page and list of works as JSON; it states no licence for single works."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import quote

from scraper.answers import json_of, number, objects, text, texts
from scraper.artists import match_artist
from scraper.errors import FetchError, NotFound
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate
from scraper.names import slug
from scraper.sources import Reach, Site

_SITE = "https://www.wikiart.org"
_MOST_PAGES = 100
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist as the site knows them; `years` are those of birth and death in its words."""

    name: str
    original_name: str | None
    years: tuple[str, ...]


class WikiArt(Site):
    """Looks the artist up by the words of the name, checks it, and follows the list of all works."""

    name: ClassVar[str] = "wikiart"
    title: ClassVar[str] = "WikiArt"
    origins: ClassVar[frozenset[str]] = frozenset({"https://www.wikiart.org"})
    how: ClassVar[str] = "JSON of an artist's page and list of works over HTTP"
    licences: ClassVar[str] = "None: rights unknown"
    caution: ClassVar[str | None] = "It states no licence for single works: they are shown as “Rights unknown”."
    manners: ClassVar[Manners] = Manners("obey", {"www.wikiart.org": Pace(per_second=1, connections=1)})
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate, None]:
        """Yield the works of the first of the artist's names that the site knows."""
        assert reach is not None
        for name in (query.artist, *query.aliases):
            try:
                answer = await reach.web.get_text(f"{_SITE}/en/{quote(slug(name))}", params={"json": "2"})
            except FetchError as error:
                if error.status == _NOT_FOUND:
                    continue
                raise
            artist = parse_artist(answer.content)
            if any(
                match_artist(query, each) in ("exact", "alias") for each in texts(artist.name, artist.original_name)
            ):
                # Whether the works may be in the public domain depends on when the artist died.
                years = {"artist_years": ", ".join(artist.years)} if artist.years else {}
                async for work in self._works(slug(name), reach):
                    yield replace(work, raw=years)
                return
        raise NotFound(self.name, query.artist)

    async def _works(self, artist: str, reach: Reach) -> AsyncGenerator[Candidate, None]:
        rank = 0
        for page in range(1, _MOST_PAGES + 1):
            params = {"json": "2", "layout": "new", "page": str(page), "resultType": "masonry"}
            url = f"{_SITE}/en/{quote(artist)}/mode/all-paintings"
            answer = await reach.web.get_text(url, params=params, headers={"X-Requested-With": "XMLHttpRequest"})
            works = parse(answer.content, rank)
            for work in works:
                yield work
            rank += len(works)
            if not works:
                return


def parse_artist(body: bytes) -> Artist:
    """Return the artist of an answer; raise `Changed` when it names none."""
    said = json_of(WikiArt.name, body, "artistName")
    years = texts(said.get("birthDayAsString"), said.get("deathDayAsString"))
    return Artist(text(said["artistName"]) or "", text(said.get("OriginalArtistName")), years)


def parse(body: bytes, rank: int = 0) -> list[Candidate]:
    """Return the works of one page of the list, none beyond its end; raise `Changed` when it is no such list."""
    said = json_of(WikiArt.name, body, "Paintings")
    return [_work(each, rank + step) for step, each in enumerate(objects(said["Paintings"])) if text(each.get("image"))]


def _work(said: dict[str, Any], rank: int) -> Candidate:
    shown = text(said.get("image")) or ""
    # What follows the exclamation mark names a reduced copy; some works have no original behind it.
    original, mark, _ = shown.partition("!")
    page = text(said.get("paintingUrl"))
    return Candidate(
        source=WikiArt.name,
        rank=rank,
        source_id=text(said.get("id")),
        image_urls=(original, shown) if mark else (shown,),
        page_url=f"{_SITE}{page}" if page and page.startswith("/") else page,
        title=text(said.get("title")),
        artist_text=text(said.get("artistName")),
        year_text=text(said.get("year")),
        width=number(said.get("width")),
        height=number(said.get("height")),
    )


SOURCE = WikiArt
