"""Google's image search, in the browser and only as far as it lets itself be looked at.

Results are known by the forms of their addresses, never by the names of classes, which change every few weeks: links to
`/imgres?imgurl=`, which appear as a pointer comes upon a picture; failing that, the addresses with sizes in the page's
scripts; failing that, the picture that stands in the panel beside the results as each of them is clicked.
"""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode, urlsplit

from scraper.errors import Blocked, Changed, FetchError, NotFound, Unavailable
from scraper.google_page import HOST, check, clicked, parse, says_nothing_found, works_of
from scraper.manners import Manners, Pace
from scraper.model import ArtistQuery, Candidate
from scraper.sources import Reach, Site

if TYPE_CHECKING:
    from scraper.browser import OpenPage

_CONSENT = "consent.google.com"
# "Reject all", by its id, by its words, else the first button of the form that leads on.
_REJECT = "#W0wltc, button[aria-label*='Reject' i], form[action*='/save'] button"
_PICTURES = "a:not([href]) img, a[href*='/imgres?'] img"
_CLICKABLE = "a:not([href]) img, [data-docid] img, [role='button'] img, [jsaction] img"
_MOST_CLICKS = 40
_TOO_MANY_REQUESTS = 429


class Google(Site):
    """Opens the result page once, scrolls to its end and reads what has come to light."""

    name: ClassVar[str] = "google"
    title: ClassVar[str] = "Google Images"
    origins: ClassVar[frozenset[str]] = frozenset({f"https://{HOST}", f"https://{_CONSENT}"})
    how: ClassVar[str] = "Its result page in the browser"
    licences: ClassVar[str] = "None: rights unknown"
    default_on: ClassVar[bool] = False
    caution: ClassVar[str | None] = (
        "A web search: nothing is known of the rights or of who made a work, and its terms forbid programs what its "
        "robots.txt disallows, which is all of this. While robots.txt is obeyed it collects nothing."
    )
    manners: ClassVar[Manners] = Manners("obey", {HOST: Pace(per_second=1, connections=1)})
    known_artist: ClassVar[str | None] = "Claude Monet"

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate, None]:
        """Yield pictures found for the artist's name, in the order of the page."""
        assert reach is not None
        words = {"q": f"{query.artist} {query.extra}", "udm": "2", "hl": "en", "safe": "active"}
        try:
            async with reach.browser.open_page(f"https://{HOST}/search?{urlencode(words)}") as page:
                found = await self._look(page)
        except Unavailable as error:
            if error.status != _TOO_MANY_REQUESTS:
                raise
            raise Blocked(HOST, "answered 429, which is its way to ask for a captcha") from error
        if not found:
            raise NotFound(self.name, query.artist)
        for rank, work in enumerate(found):
            yield replace(work, rank=rank)

    async def _look(self, page: "OpenPage") -> list[Candidate]:
        if urlsplit(page.final_url).hostname == _CONSENT:
            await page.press(_REJECT, leads_away=True)
            if urlsplit(page.final_url).hostname == _CONSENT:
                raise Changed(self.name, "way to reject its cookies", await _body(page))
        body = await _body(page)
        check(body, page.final_url)
        if says_nothing_found(body):
            return []
        await page.scroll()
        await page.point_at(_PICTURES)
        body = await _body(page)
        check(body, page.final_url)
        found = parse(body) or await self._click(page)
        if not found:
            raise Changed(self.name, "link to /imgres, address in a script or picture behind a click", body)
        return _with_years(found, body)

    async def _click(self, page: "OpenPage") -> list[Candidate]:
        """Click one picture after another and see what the page then loads."""
        found: dict[str, Candidate] = {}
        for at in range(_MOST_CLICKS):
            try:
                if not await page.press(_CLICKABLE, at):
                    break
                body = await _body(page)
            except FetchError:
                # Out of time: what has been found until then is not lost.
                break
            for work in clicked(body):
                found.setdefault(work.image_urls[0], work)
        return list(found.values())


async def _body(page: "OpenPage") -> bytes:
    # A script may have put half a surrogate pair into the page.
    return (await page.html()).encode(errors="replace")


def _with_years(found: list[Candidate], body: bytes) -> list[Candidate]:
    """Add the years of the artist's known works, where the page lists them, to the pictures that bear their titles."""
    works = sorted(works_of(body), key=lambda work: -len(work.title))
    filled = []
    for picture in found:
        title = (picture.title or "").casefold()
        known = next((work for work in works if work.title.casefold() in title), None)
        if known is not None:
            picture = replace(picture, title=known.title, year_text=picture.year_text or known.year)
        filled.append(picture)
    return filled


SOURCE = Google
