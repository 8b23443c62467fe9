"""Wikimedia Commons: searched through its API, with the licence of each file as its page states it."""

import re
from collections.abc import AsyncGenerator, Mapping
from html import unescape
from typing import Any, ClassVar

from scraper.answers import at, fields, json_of, number, objects, text, texts
from scraper.errors import Blocked, NotFound
from scraper.facts import plain
from scraper.licences import licence_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources import Reach, Site

_HOST = "commons.wikimedia.org"
_API = f"https://{_HOST}/w/api.php"
_PAGE = 50
_MOST_PAGES = 40
# One of the few widths that are served; for others, and for originals of odd clients, the answer is 429.
_WIDTH = 1280
_METADATA = (
    "Artist|ObjectName|LicenseShortName|LicenseUrl|License|UsageTerms|AttributionRequired|Attribution|Credit|"
    "DateTimeOriginal|Copyrighted|Restrictions"
)
_ASKED = {
    "action": "query",
    "format": "json",
    "formatversion": "2",
    # Asked not to answer while its databases lag behind: the answer is then an error with a time to wait.
    "maxlag": "5",
    "prop": "imageinfo",
    "iiprop": "url|size|mime|extmetadata",
    "iiurlwidth": str(_WIDTH),
    "iiextmetadatafilter": _METADATA,
    "generator": "search",
    "gsrnamespace": "6",
    "gsrlimit": str(_PAGE),
}
_PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff"}
# "English: Claude Monet" and "Claude Monet (1840-1926)" are how files name their painters.
_LANGUAGE = re.compile(r"^[A-Z][a-z]+: ")
_UNKNOWN_HAND = re.compile(r"^(unknown|anonymous|see below|various)\b", re.IGNORECASE)


class Commons(Site):
    """Searches files by the artist's name and keeps those whose description names the artist."""

    name: ClassVar[str] = "commons"
    title: ClassVar[str] = "Wikimedia Commons"
    origins: ClassVar[frozenset[str]] = frozenset({"https://commons.wikimedia.org"})
    how: ClassVar[str] = "MediaWiki API over HTTP; pictures 1,280 pixels wide"
    licences: ClassVar[str] = "Licence, holder and credit as stated on the page of each file"
    manners: ClassVar[Manners] = Manners(
        "api", {"commons.wikimedia.org": Pace(connections=1), "upload.wikimedia.org": Pace(connections=2)}
    )
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield files found for the artist, best first."""
        assert reach is not None
        rank, going_on = 0, dict[str, str]()
        for _ in range(_MOST_PAGES):
            params = {**_ASKED, "gsrsearch": f'filetype:bitmap "{query.artist}"', **going_on}
            answer = await reach.web.get_text(_API, params=params, robots=self.manners.robots)
            works, going_on = parse(answer.content, rank)
            for work in works:
                yield work
            rank += len(works)
            if not going_on:
                break
        if rank == 0:
            raise NotFound(self.name, query.artist)


def parse(body: bytes, rank: int = 0) -> tuple[list[Candidate | Skip], dict[str, str]]:
    """Return the files of one answer in the search's order, and what to ask with for the next.

    Raises `Blocked` when the service asks to come back later and `Changed` when it is no answer to a query.
    """
    said = json_of(Commons.name, body, "query", "batchcomplete", "error")
    if problem := said.get("error"):
        raise Blocked(_HOST, f"answered {text(at(problem, 'code'))}: {plain(text(at(problem, 'info')))}")
    # Nothing found is an answer without "query".
    pages = sorted(objects(at(said, "query", "pages")), key=lambda page: number(page.get("index")) or 0)
    works = [_work(page, rank + step) for step, page in enumerate(pages)]
    going_on = {key: str(value) for key, value in fields(said.get("continue")).items()}
    return works, going_on


def _work(page: dict[str, Any], rank: int) -> Candidate | Skip:
    name = text(page.get("title")) or ""
    info = fields(at(page, "imageinfo", 0))
    address = text(info.get("descriptionurl")) or f"https://{_HOST}/wiki/{name}"
    if "url" not in info or "filemissing" in info:
        return Skip(address, "find", "no-picture", "the file is missing")
    if text(info.get("mime")) not in _PICTURES:
        return Skip(address, "policy", "not-a-picture", f"{info.get('mime')} is not collected")
    facts = {key: text(at(value, "value")) or "" for key, value in fields(info.get("extmetadata")).items()}
    return Candidate(
        source=Commons.name,
        rank=rank,
        source_id=name,
        # The original may be a scan of 100 MB, and so stands behind the reduced picture.
        image_urls=texts(info.get("thumburl"), info.get("url")),
        page_url=address,
        title=_words(facts.get("ObjectName")) or name.removeprefix("File:").rpartition(".")[0],
        artist_text=_artist(facts.get("Artist")),
        year_text=_words(facts.get("DateTimeOriginal")),
        width=number(info.get("thumbwidth")) or number(info.get("width")),
        height=number(info.get("thumbheight")) or number(info.get("height")),
        licence=_licence(facts),
        raw={"credit": credit} if (credit := _words(facts.get("Credit"))) else {},
    )


def _words(html: str | None) -> str | None:
    """Return the text of a value that is HTML."""
    return plain(unescape(plain(html) or ""))


def _artist(html: str | None) -> str | None:
    name = _LANGUAGE.sub("", _words(html) or "")
    return None if not name or _UNKNOWN_HAND.match(name) else name


def _licence(facts: Mapping[str, str]) -> Licence:
    stated = facts.get("LicenseUrl") or facts.get("LicenseShortName") or facts.get("UsageTerms")
    licence = licence_of(
        _words(stated),
        Commons.name,
        holder=_words(facts.get("Artist")),
        credit=_words(facts.get("Attribution")) or _words(facts.get("Credit")),
    )
    if licence.code == "unknown" and facts.get("Copyrighted") == "False":
        # Public domain for one of the many reasons that have no licence text of their own.
        licence = licence_of("public domain", Commons.name, holder=licence.holder, credit=licence.credit)
    return licence


SOURCE = Commons
