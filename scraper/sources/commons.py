"""Wikimedia Commons: its categories and its search through the API, with the licence each file's page states."""

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from html import unescape
from typing import Any, ClassVar

from scraper.answers import at, fields, json_of, number, objects, text, texts
from scraper.errors import Blocked, NotFound
from scraper.facts import plain
from scraper.licences import licence_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.names import slug
from scraper.sources import Reach, Site

_HOST = "commons.wikimedia.org"
_API = f"https://{_HOST}/w/api.php"
_PAGE = 50
_MOST_PAGES = 40
# Categories looked into, from that of the artist's paintings to those below it.
_MOST_CATEGORIES = 30
_SHORTEST_NAME = 4
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
}
_SEARCH = {"generator": "search", "gsrnamespace": "6", "gsrlimit": str(_PAGE)}
_CATEGORY = {"generator": "categorymembers", "gcmtype": "file|subcat", "gcmlimit": str(_PAGE)}
_CATEGORIES = 14
_PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff"}
_YES_OR_NO = {"true": True, "false": False}
# "English: Claude Monet" and "Claude Monet (1840-1926)" are how files name their painters.
_LANGUAGE = re.compile(r"^[A-Z][a-z]+: ")
_UNKNOWN_HAND = re.compile(r"^(unknown|anonymous|see below|various)\b", re.IGNORECASE)


class Commons(Site):
    """Takes the files of the category of the artist's paintings, then those that a search by name finds."""

    name: ClassVar[str] = "commons"
    title: ClassVar[str] = "Wikimedia Commons"
    origins: ClassVar[frozenset[str]] = frozenset({"https://commons.wikimedia.org"})
    how: ClassVar[str] = "MediaWiki API over HTTP: categories, then a search; pictures 1,280 pixels wide"
    licences: ClassVar[str] = "Licence, holder and credit as stated on the page of each file"
    manners: ClassVar[Manners] = Manners(
        "api", {"commons.wikimedia.org": Pace(connections=1), "upload.wikimedia.org": Pace(connections=2)}
    )
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield the files of the artist, each once: what people have put into categories before what a search finds."""
        assert reach is not None
        known: set[str] = set()
        async for body in self._bodies(query, reach):
            for work in parse(body, len(known))[0]:
                name = work.source_id if isinstance(work, Candidate) else work.url
                if name not in known:
                    known.add(name or "")
                    yield work
        if not known:
            raise NotFound(self.name, query.artist)

    async def _bodies(self, query: ArtistQuery, reach: Reach) -> AsyncGenerator[bytes, None]:
        """Yield the answers of the artist's categories, and of the search."""
        waiting = [f"Category:Paintings by {query.artist}"]
        for at_ in range(_MOST_CATEGORIES):
            if at_ == len(waiting):
                break
            async for body in self._pages(reach, {**_CATEGORY, "gcmtitle": waiting[at_]}):
                yield body
                waiting += [each for each in subcategories(body, query.artist) if each not in waiting]
        async for body in self._pages(reach, {**_SEARCH, "gsrsearch": f'filetype:bitmap "{query.artist}"'}):
            yield body

    async def _pages(self, reach: Reach, question: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """Yield an answer after the other for as long as there are more."""
        going_on = dict[str, str]()
        for _ in range(_MOST_PAGES):
            params = {**_ASKED, **question, **going_on}
            body = (await reach.web.get_text(_API, params=params, robots=self.manners.robots)).content
            yield body
            going_on = parse(body)[1]
            if not going_on:
                break


def subcategories(body: bytes, artist: str) -> list[str]:
    """Return the categories of an answer that are the artist's too, as far as their names say so."""
    pages = objects(at(json_of(Commons.name, body, "query", "batchcomplete"), "query", "pages"))
    titles = [text(page.get("title")) or "" for page in pages if page.get("ns") == _CATEGORIES]
    names = [word for word in slug(artist).split("-") if len(word) >= _SHORTEST_NAME] or [slug(artist)]
    return [title for title in titles if any(name in slug(title).split("-") for name in names)]


def parse(body: bytes, rank: int = 0) -> tuple[list[Candidate | Skip], dict[str, str]]:
    """Return the files of one answer in its order, and what to ask with for the next.

    Raises `Blocked` when the service asks to come back later and `Changed` when it is no answer to a query.
    """
    said = json_of(Commons.name, body, "query", "batchcomplete", "error")
    if problem := said.get("error"):
        raise Blocked(_HOST, f"answered {text(at(problem, 'code'))}: {plain(text(at(problem, 'info')))}")
    # Nothing found is an answer without "query".
    pages = sorted(objects(at(said, "query", "pages")), key=lambda page: number(page.get("index")) or 0)
    files = [page for page in pages if page.get("ns") != _CATEGORIES]
    works = [_work(page, rank + step) for step, page in enumerate(files)]
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
    # What the file's page says of it goes before what its licence is known to ask for.
    required = _YES_OR_NO.get((facts.get("AttributionRequired") or "").lower(), licence.attribution_required)
    return replace(licence, attribution_required=required)


SOURCE = Commons
