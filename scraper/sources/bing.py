"""Bing's image search: the fragments its own page loads while one scrolls, and the page itself as a fall-back."""

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.answers import number, text
from scraper.errors import Blocked, Changed, NotFound
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate
from scraper.sources import Reach, Site

_HOST = "www.bing.com"
_PAGE = 35
_MOST_PAGES = 30
_SIZE = re.compile(r"(\d{2,6})\s*[x×]\s*(\d{2,6})")
# Marks of a page of results, with or without results on it, and of the page that asks for a human.
_RESULTS = ".dgControl, #mmComponent_images_1, .dg_b, #b_content"
_CAPTCHA = "#b_captcha, .captcha, #turing, iframe[src*='captcha' i], form[action*='captcha' i]"
_NOTHING = ".b_no, .mmnores, #b_results .b_no, .no_results"


class Bing(Site):
    """Asks for one fragment of results after another until none brings a new picture."""

    name: ClassVar[str] = "bing"
    title: ClassVar[str] = "Bing Images"
    origins: ClassVar[frozenset[str]] = frozenset({"https://www.bing.com"})
    how: ClassVar[str] = "Fragments of its result page over HTTP, else the page in the browser"
    licences: ClassVar[str] = "None: rights unknown"
    default_on: ClassVar[bool] = False
    caution: ClassVar[str | None] = (
        "A web search: nothing is known of the rights or of who made a work, and its terms may forbid programs. "
        "While robots.txt is obeyed it collects nothing."
    )
    manners: ClassVar[Manners] = Manners("obey", {"www.bing.com": Pace(per_second=1, connections=1)})
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate, None]:
        """Yield pictures found for the artist's name, each address once."""
        assert reach is not None
        known: set[str] = set()
        words, seen = f"{query.artist} {query.extra}", 0
        for page in range(_MOST_PAGES):
            found = await self._fragment(words, seen, reach)
            if page == 0 and not found:
                # A first fragment is now and then empty for no reason; the page itself then has what there is.
                found = await self._page(words, reach)
            new = [work for work in found if work.image_urls[0] not in known]
            for work in new:
                known.add(work.image_urls[0])
                yield work
            # The last fragment comes again and again, whatever is asked for beyond it.
            if not new:
                break
            seen += len(found)
        if not known:
            raise NotFound(self.name, query.artist)

    async def _fragment(self, words: str, seen: int, reach: Reach) -> list[Candidate]:
        params = {"q": words, "async": "1", "first": str(seen + 1), "count": str(_PAGE), "adlt": "strict"}
        answer = await reach.web.get_text(f"https://{_HOST}/images/async", params=params, robots=self.manners.robots)
        return parse(answer.content, answer.final_url, seen)

    async def _page(self, words: str, reach: Reach) -> list[Candidate]:
        url = f"https://{_HOST}/images/search?" + urlencode({"q": words, "adlt": "strict"})
        async with reach.browser.open_page(url) as page:
            await page.scroll()
            return parse((await page.html()).encode(), page.final_url)


def parse(body: bytes, url: str, rank: int = 0) -> list[Candidate]:
    """Return the pictures of a page or fragment of results, none when it says that there are none.

    Raises `Blocked` when it asks for a human and `Changed` when it carries no mark of a page of results.
    """
    tree = LexborHTMLParser(body)
    works = [work for link in tree.css("a.iusc[m]") if (work := _work(link)) is not None]
    if works:
        return [replace(work, rank=rank + step) for step, work in enumerate(works)]
    if tree.css_first(_CAPTCHA) is not None or "/captcha" in urlsplit(url).path.lower():
        raise Blocked(_HOST, "asked for a captcha", "Use --source commons,openverse or try tomorrow.")
    # An empty body is how a fragment beyond the last one looks.
    if body.strip() and tree.css_first(_RESULTS) is None and tree.css_first(_NOTHING) is None:
        raise Changed(Bing.name, "results block (a.iusc)", body)
    return []


def _work(link: LexborNode) -> Candidate | None:
    try:
        said = json.loads(link.attributes.get("m") or "")
    except ValueError:
        return None
    address = text(said.get("murl")) if isinstance(said, dict) else None
    if address is None or not address.startswith(("http://", "https://")):
        return None
    width, height = _size(link)
    return Candidate(
        source=Bing.name,
        rank=0,
        source_id=text(said.get("mid")),
        image_urls=(address,),
        page_url=text(said.get("purl")),
        title=text(said.get("t")) or text(said.get("desc")),
        width=width,
        height=height,
        raw={key: value for key in ("desc", "md5") if (value := text(said.get(key)))},
    )


def _size(link: LexborNode) -> tuple[int | None, int | None]:
    """Return width and height in pixels: from the link's own address, else from the words below the picture."""
    asked = parse_qs(urlsplit(link.attributes.get("href") or "").query)
    stated = [number(asked.get(name, [""])[0]) for name in ("expw", "exph")]
    if all(stated):
        return stated[0], stated[1]
    around = link.parent.text() if link.parent is not None else ""
    found = _SIZE.search(around)
    return (number(found[1]), number(found[2])) if found else (None, None)


SOURCE = Bing
