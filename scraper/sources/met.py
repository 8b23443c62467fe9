"""The Metropolitan Museum of Art: its open collection API, public-domain works only."""

from collections.abc import AsyncGenerator
from typing import ClassVar

from scraper.answers import at, json_of, objects, text, texts, unanswered
from scraper.errors import FetchError, NotFound
from scraper.licences import licence_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate, Skip
from scraper.sources import Reach, Site

_API = "https://collectionapi.metmuseum.org/public/collection/v1"
_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
# Objects looked at for each work wanted: most of what the search returns is by somebody else.
_LOOKED_AT_PER_WORK = 5


class Met(Site):
    """Searches by artist, then asks for each object: the search is loose, the object states its artist."""

    name: ClassVar[str] = "met"
    title: ClassVar[str] = "The Metropolitan Museum of Art"
    origins: ClassVar[frozenset[str]] = frozenset({"https://collectionapi.metmuseum.org"})
    how: ClassVar[str] = "Collection API over HTTP: a search, then each object"
    licences: ClassVar[str] = "CC0 for works in the public domain; no others are taken"
    manners: ClassVar[Manners] = Manners(
        "api", {"collectionapi.metmuseum.org": Pace(per_second=1), "images.metmuseum.org": Pace(per_second=1)}
    )
    known_artist: ClassVar[str | None] = "Vincent van Gogh"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield the museum's public-domain works whose record names the artist, in the museum's order."""
        assert reach is not None
        params = {"artistOrCulture": "true", "hasImages": "true", "q": query.artist}
        found = parse_search(
            (await reach.web.get_text(f"{_API}/search", params=params, robots=self.manners.robots)).content
        )
        if not found:
            raise NotFound(self.name, query.artist)
        for rank, object_id in enumerate(found[: query.limit * _LOOKED_AT_PER_WORK]):
            url = f"{_API}/objects/{object_id}"
            try:
                answer = await reach.web.get_text(url, robots=self.manners.robots)
            except FetchError as error:
                yield unanswered(url, error)
                continue
            yield parse(answer.content, url, rank)


def parse_search(body: bytes) -> list[int]:
    """Return the numbers of the objects a search has found."""
    said = json_of(Met.name, body, "objectIDs")
    found = said["objectIDs"]
    return [each for each in found if isinstance(each, int)] if isinstance(found, list) else []


def parse(body: bytes, url: str, rank: int = 0) -> Candidate | Skip:
    """Return the work of an object's answer, or why it is left out; raise `Changed` when it is no object."""
    said = json_of(Met.name, body, "objectID")
    images = texts(said.get("primaryImage"), said.get("primaryImageSmall"))
    if said.get("isPublicDomain") is not True:
        return Skip(url, "policy", "not-open", "the museum does not state that it is in the public domain")
    if not images:
        return Skip(url, "find", "no-picture", "the museum shows no picture of it")
    return Candidate(
        source=Met.name,
        rank=rank,
        source_id=text(said.get("objectID")),
        image_urls=images,
        page_url=text(said.get("objectURL")),
        title=text(said.get("title")),
        artist_text=text(said.get("artistDisplayName")),
        year_text=text(said.get("objectDate")),
        medium=text(said.get("medium")),
        institution=Met.title,
        tags=texts(*(at(tag, "term") for tag in objects(said.get("tags")))),
        licence=licence_of(
            _CC0, Met.name, holder=text(said.get("rightsAndReproduction")), credit=text(said.get("creditLine"))
        ),
        raw={
            key: value for key in ("department", "classification", "accessionNumber") if (value := text(said.get(key)))
        },
    )


SOURCE = Met
