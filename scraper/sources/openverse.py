"""Openverse: a search over openly licensed pictures of many sites, the lawful stand-in for a web image search."""

from collections.abc import AsyncGenerator
from typing import ClassVar

from scraper.answers import at, json_of, number, objects, text, texts
from scraper.errors import NotFound
from scraper.licences import licence_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate, Licence
from scraper.sources import Reach, Site

_API = "https://api.openverse.org/v1/images/"
# Both are the most that somebody without an account gets.
_PAGE, _MOST_PAGES = 20, 20


class Openverse(Site):
    """Asks for pictures that mention the artist; who made the picture is stated, who painted it often is not."""

    name: ClassVar[str] = "openverse"
    title: ClassVar[str] = "Openverse"
    origins: ClassVar[frozenset[str]] = frozenset({"https://api.openverse.org"})
    how: ClassVar[str] = "API over HTTP, without an account: 400 pictures of one search"
    licences: ClassVar[str] = "Creative Commons licence or public domain mark, with a line of credit, for each picture"
    manners: ClassVar[Manners] = Manners(
        "api", {"api.openverse.org": Pace(per_second=1, per_minute=20, per_day=200, connections=1)}
    )
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate, None]:
        """Yield openly licensed pictures found for the artist's name, best first."""
        assert reach is not None
        rank, page, last = 0, 1, 1
        while page <= min(last, _MOST_PAGES):
            params = {"q": f'"{query.artist}"', "page": str(page), "page_size": str(_PAGE), "mature": "false"}
            answer = await reach.web.get_text(_API, params=params, robots=self.manners.robots)
            works, last = parse(answer.content, rank)
            for work in works:
                yield work
            rank, page = rank + len(works), page + 1
        if rank == 0:
            raise NotFound(self.name, query.artist)


def parse(body: bytes, rank: int = 0) -> tuple[list[Candidate], int]:
    """Return the pictures of one answer and how many pages there are; raise `Changed` without a list of results."""
    said = json_of(Openverse.name, body, "results")
    works = [_work(each, rank + step) for step, each in enumerate(objects(said["results"])) if text(each.get("url"))]
    return works, number(said.get("page_count")) or 1


def _work(said: dict[str, object], rank: int) -> Candidate:
    return Candidate(
        source=Openverse.name,
        rank=rank,
        source_id=text(said.get("id")),
        image_urls=texts(said.get("url")),
        page_url=text(said.get("foreign_landing_url")),
        title=text(said.get("title")),
        # The creator is whoever uploaded or photographed: that is no statement about the painter, and so is
        # kept as the holder of rights alone.
        institution=text(said.get("source")),
        tags=texts(*(at(tag, "name") for tag in objects(said.get("tags")))),
        width=number(said.get("width")),
        height=number(said.get("height")),
        licence=_licence(said),
        raw={"creator": creator} if (creator := text(said.get("creator"))) else {},
    )


def _licence(said: dict[str, object]) -> Licence:
    holder, credit = text(said.get("creator")), text(said.get("attribution"))
    if link := text(said.get("license_url")):
        return licence_of(link, Openverse.name, holder=holder, credit=credit)
    name = " ".join(texts(said.get("license"), said.get("license_version")))
    stated = name if name.startswith(("cc0", "pdm")) else f"cc {name}"
    return licence_of(stated, Openverse.name, holder=holder, credit=credit)


SOURCE = Openverse
