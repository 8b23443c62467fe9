"""The Art Institute of Chicago: its public API; its picture host turns many programs away."""

from collections.abc import AsyncGenerator
from typing import ClassVar

from scraper.answers import at, json_of, number, objects, text, texts
from scraper.errors import NotFound
from scraper.licences import licence_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate, Skip
from scraper.sources import Reach, Site

_API = "https://api.artic.edu/api/v1/artworks/search"
_IIIF = "https://www.artic.edu/iiif/2"
_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
_FIELDS = (
    "id,title,artist_title,date_display,medium_display,image_id,is_public_domain,credit_line,style_title,"
    "classification_title,thumbnail,copyright_notice"
)
_PAGE = 100
# What the API serves of one search; it answers 403 beyond.
_MOST_PAGES = 10


class ArtInstitute(Site):
    """Asks for public-domain works that match the artist's name; each states its artist."""

    name: ClassVar[str] = "artic"
    title: ClassVar[str] = "The Art Institute of Chicago"
    origins: ClassVar[frozenset[str]] = frozenset({"https://api.artic.edu"})
    how: ClassVar[str] = "Public API over HTTP, pictures by IIIF"
    licences: ClassVar[str] = "CC0 for works in the public domain; no others are taken"
    default_on: ClassVar[bool] = False
    caution: ClassVar[str | None] = (
        "Its catalogue is open, but the host of its pictures answers many programs with 403: expect few pictures."
    )
    manners: ClassVar[Manners] = Manners(
        "api", {"api.artic.edu": Pace(per_second=1, per_minute=60), "www.artic.edu": Pace(per_second=1)}
    )
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield the museum's public-domain works whose record matches the artist's name."""
        assert reach is not None
        # The museum asks programs to say who they are in a header of its own.
        headers = {"AIC-User-Agent": reach.web.user_agent}
        rank, page, last = 0, 1, 1
        while page <= min(last, _MOST_PAGES):
            params = {
                "q": query.artist,
                "query[term][is_public_domain]": "true",
                "fields": _FIELDS,
                "limit": str(_PAGE),
                "page": str(page),
            }
            answer = await reach.web.get_text(_API, params=params, headers=headers, robots=self.manners.robots)
            works, last = parse(answer.content, rank)
            for work in works:
                yield work
            rank, page = rank + len(works), page + 1
        if rank == 0:
            raise NotFound(self.name, query.artist)


def parse(body: bytes, rank: int = 0) -> tuple[list[Candidate | Skip], int]:
    """Return the works of one answer and how many pages there are; raise `Changed` without a list of works."""
    said = json_of(ArtInstitute.name, body, "data")
    works = [_work(each, rank + step) for step, each in enumerate(objects(said["data"]))]
    return works, number(at(said, "pagination", "total_pages")) or 1


def _work(said: dict[str, object], rank: int) -> Candidate | Skip:
    number_, image = text(said.get("id")), text(said.get("image_id"))
    page = f"https://www.artic.edu/artworks/{number_}"
    if said.get("is_public_domain") is not True:
        return Skip(page, "policy", "not-open", "the museum does not state that it is in the public domain")
    if image is None or not image.replace("-", "").isalnum():
        return Skip(page, "find", "no-picture", "the museum shows no picture of it")
    return Candidate(
        source=ArtInstitute.name,
        rank=rank,
        source_id=number_,
        # These two widths are kept ready by the museum; others are made for each request.
        image_urls=(f"{_IIIF}/{image}/full/1686,/0/default.jpg", f"{_IIIF}/{image}/full/843,/0/default.jpg"),
        page_url=page,
        title=text(said.get("title")),
        artist_text=text(said.get("artist_title")),
        year_text=text(said.get("date_display")),
        movement=text(said.get("style_title")),
        medium=text(said.get("medium_display")),
        institution=ArtInstitute.title,
        tags=texts(said.get("classification_title")),
        width=number(at(said, "thumbnail", "width")),
        height=number(at(said, "thumbnail", "height")),
        licence=licence_of(
            _CC0,
            ArtInstitute.name,
            holder=text(said.get("copyright_notice")),
            credit=text(said.get("credit_line")),
        ),
    )


SOURCE = ArtInstitute
