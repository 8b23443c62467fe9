"""The Cleveland Museum of Art: its open access API, keyless, with the licence of each work."""

from collections.abc import AsyncGenerator
from typing import ClassVar

from scraper.answers import at, json_of, number, objects, text, texts
from scraper.errors import NotFound
from scraper.licences import licence_of
from scraper.manners import Manners
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources import Reach, Site

_API = "https://openaccess-api.clevelandart.org/api/artworks/"
_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
_PAGE = 100


class Cleveland(Site):
    """Asks for works with pictures by an artist, a page of them at a time."""

    name: ClassVar[str] = "cleveland"
    title: ClassVar[str] = "The Cleveland Museum of Art"
    origins: ClassVar[frozenset[str]] = frozenset({"https://openaccess-api.clevelandart.org"})
    how: ClassVar[str] = "Open Access API over HTTP"
    licences: ClassVar[str] = "CC0, or the words of the museum, for each work"
    manners: ClassVar[Manners] = Manners("api")
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield the museum's works that name the artist."""
        assert reach is not None
        rank, more = 0, True
        while more:
            params = {"artists": query.artist, "has_image": "1", "limit": str(_PAGE), "skip": str(rank)}
            answer = await reach.web.get_text(_API, params=params, robots=self.manners.robots)
            works = parse(answer.content, rank)
            for work in works:
                yield work
            rank += len(works)
            more = len(works) == _PAGE
        if rank == 0:
            raise NotFound(self.name, query.artist)


def parse(body: bytes, rank: int = 0) -> list[Candidate | Skip]:
    """Return the works of one answer in its order; raise `Changed` when it has no list of works."""
    said = json_of(Cleveland.name, body, "data")
    return [_work(each, rank + step) for step, each in enumerate(objects(said["data"]))]


def _work(said: dict[str, object], rank: int) -> Candidate | Skip:
    sizes = [at(said, "images", size) for size in ("print", "web")]
    images = texts(*(at(size, "url") for size in sizes))
    if not images:
        return Skip(text(said.get("url")) or "", "find", "no-picture", "the museum shows no picture of it")
    best = next(size for size in sizes if text(at(size, "url")))
    hands = objects(said.get("creators"))
    return Candidate(
        source=Cleveland.name,
        rank=rank,
        source_id=text(said.get("id")),
        image_urls=images,
        page_url=text(said.get("url")),
        title=text(said.get("title")),
        artist_text=next((name for hand in hands if (name := _name(hand))), None),
        year_text=text(said.get("creation_date")),
        medium=text(said.get("technique")),
        institution=Cleveland.title,
        tags=texts(said.get("type")),
        width=number(at(best, "width")),
        height=number(at(best, "height")),
        licence=_licence(said),
        raw={"accession_number": number_} if (number_ := text(said.get("accession_number"))) else {},
    )


def _name(hand: dict[str, object]) -> str | None:
    """Return a creator's name without the nationality and years that follow it in brackets."""
    described, qualifier = text(hand.get("description")), text(hand.get("qualifier"))
    name = described.partition("(")[0].strip() if described else None
    return f"{qualifier} {name}" if name and qualifier else name


def _licence(said: dict[str, object]) -> Licence:
    status = text(said.get("share_license_status"))
    stated = _CC0 if status and status.upper() == "CC0" else status
    return licence_of(stated, Cleveland.name, holder=text(said.get("copyright")), credit=text(said.get("creditline")))


SOURCE = Cleveland
