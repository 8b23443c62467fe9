"""The Rijksmuseum: a keyless search by creator, and each object as Linked Art."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from scraper.answers import at, json_of, objects, text, unanswered
from scraper.errors import FetchError, NotFound
from scraper.licences import licence_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources import Reach, Site

_SEARCH = "https://data.rijksmuseum.nl/search/collection"
_IDS = "id.rijksmuseum.nl"
_PICTURES = "iiif.micr.io"
# Terms of the Getty's thesaurus by which an object marks its parts.
_PREFERRED = "http://vocab.getty.edu/aat/300404670"
_ENGLISH = "http://vocab.getty.edu/aat/300388277"
_NUMBER = "http://vocab.getty.edu/aat/300312355"
_MATERIALS = "http://vocab.getty.edu/aat/300435429"
_CREDIT = "http://vocab.getty.edu/aat/300026687"


class Rijksmuseum(Site):
    """Searches by creator; a work takes up to four answers: the object, what it shows, and the picture."""

    name: ClassVar[str] = "rijksmuseum"
    title: ClassVar[str] = "Rijksmuseum"
    origins: ClassVar[frozenset[str]] = frozenset({"https://data.rijksmuseum.nl", "https://id.rijksmuseum.nl"})
    how: ClassVar[str] = "Search API and Linked Art over HTTP, pictures by IIIF"
    licences: ClassVar[str] = "The rights statement of each work, mostly CC0 or public domain mark"
    manners: ClassVar[Manners] = Manners("api", {"id.rijksmuseum.nl": Pace(connections=1)})
    known_artist: ClassVar[str | None] = "Rembrandt van Rijn"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield the museum's works by the creator of that name, in the museum's order."""
        assert reach is not None
        rank, params = 0, {"creator": query.artist, "imageAvailable": "true"}
        while params:
            answer = await reach.web.get_text(_SEARCH, params=params, robots=self.manners.robots)
            ids, token = parse_search(answer.content)
            for object_id in ids:
                yield await self._work(object_id, rank, reach)
                rank += 1
            params = params | {"pageToken": token} if token else {}
        if rank == 0:
            raise NotFound(self.name, query.artist)

    async def _work(self, url: str, rank: int, reach: Reach) -> Candidate | Skip:
        try:
            body = (await reach.web.get_text(url, headers=_LINKED, robots=self.manners.robots)).content
            shown = await self._picture(body, reach)
        except FetchError as error:
            return unanswered(url, error)
        if shown is None:
            return Skip(url, "find", "no-picture", "the museum gives no picture of it")
        return parse(body, url, shown, rank)

    async def _picture(self, body: bytes, reach: Reach) -> str | None:
        """Return the address of an object's picture, two links away from it."""
        said = json_of(self.name, body, "type")
        for link in ("shows", "digitally_shown_by"):
            said = await self._linked(at(said, link, 0, "id"), reach)
        found = text(at(said, "access_point", 0, "id"))
        return found if found and urlsplit(found).hostname == _PICTURES else None

    async def _linked(self, url: Any, reach: Reach) -> dict[str, Any]:
        if not isinstance(url, str) or urlsplit(url).hostname != _IDS:
            return {}
        return json_of(
            self.name, (await reach.web.get_text(url, headers=_LINKED, robots=self.manners.robots)).content, "type"
        )


_LINKED = {"Accept": "application/ld+json"}


def parse_search(body: bytes) -> tuple[list[str], str | None]:
    """Return the identifiers of one page of results and the token of the next."""
    said = json_of(Rijksmuseum.name, body, "orderedItems")
    ids = [found for each in objects(said["orderedItems"]) if (found := text(each.get("id")))]
    following = text(at(said, "next", "id")) or ""
    token = parse_qs(urlsplit(following).query).get("pageToken", [None])[0]
    return [each for each in ids if urlsplit(each).hostname == _IDS], token


def parse(body: bytes, url: str, picture: str, rank: int = 0) -> Candidate:
    """Return the work of an object's answer, shown by the picture at this address; raise `Changed` if it is none."""
    said = json_of(Rijksmuseum.name, body, "produced_by", "identified_by")
    production = said.get("produced_by")
    makers = [
        name for part in _parts(production) for maker in objects(part.get("carried_out_by")) if (name := _label(maker))
    ]
    return Candidate(
        source=Rijksmuseum.name,
        rank=rank,
        source_id=_named(said, "identified_by", _NUMBER),
        image_urls=(picture,),
        page_url=url,
        title=_title(said),
        artist_text=next(iter(makers), None),
        year_text=text(at(production, "timespan", "identified_by", 0, "content"))
        or text(at(production, "timespan", "begin_of_the_begin")),
        medium=_named(said, "referred_to_by", _MATERIALS),
        institution=Rijksmuseum.title,
        licence=_licence(said),
    )


def _parts(production: Any) -> list[dict[str, Any]]:
    return [each for each in (*objects(at(production, "part")), production) if isinstance(each, dict)]


def _label(thing: dict[str, Any]) -> str | None:
    """Return a name of something linked to, English before others."""
    names = objects(thing.get("notation")) or objects(thing.get("identified_by"))
    english = [each for each in names if each.get("@language") == "en"]
    found = next((text(each.get("@value") or each.get("content")) for each in (*english, *names)), None)
    return found or text(thing.get("_label"))


def _kinds(thing: dict[str, Any], field: str) -> Iterator[str]:
    for kind in objects(thing.get(field)):
        yield text(kind.get("id")) or ""


def _named(said: dict[str, Any], field: str, kind: str) -> str | None:
    found = [each for each in objects(said.get(field)) if kind in _kinds(each, "classified_as")]
    english = [each for each in found if _ENGLISH in _kinds(each, "language")]
    return next((text(each.get("content")) for each in (*english, *found)), None)


def _title(said: dict[str, Any]) -> str | None:
    names = [each for each in objects(said.get("identified_by")) if each.get("type") == "Name"]
    english = [each for each in names if _ENGLISH in _kinds(each, "language")]
    preferred = [each for each in english or names if _PREFERRED in _kinds(each, "classified_as")]
    return next((text(each.get("content")) for each in (*preferred, *english, *names)), None)


def _licence(said: dict[str, Any]) -> Licence:
    stated = next(
        (
            link
            for subject in objects(said.get("subject_of"))
            for carried in (subject, *objects(subject.get("digitally_carried_by")))
            for right in objects(carried.get("subject_to"))
            for link in _kinds(right, "classified_as")
            if link
        ),
        None,
    )
    return licence_of(stated, Rijksmuseum.name, credit=_named(said, "referred_to_by", _CREDIT))


SOURCE = Rijksmuseum
