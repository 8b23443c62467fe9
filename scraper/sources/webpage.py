"""Pictures of any gallery page: what it says of itself in JSON-LD, what it shows, and the pages that follow it."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from scraper.addresses import checked_url, is_picture, same_site
from scraper.errors import BrowserError, ConfigError, NotFound, OptedOut, ScraperError
from scraper.fetched import opt_outs, opted_out
from scraper.jsonld import linked_works
from scraper.licences import licence_of
from scraper.manners import Manners
from scraper.markup import Page
from scraper.model import ArtistQuery, Candidate, Licence
from scraper.sources import Reach, Site

if TYPE_CHECKING:
    from scraper.browser import OpenPage

MOST_PAGES = 50
"""Pages followed from one address by its "next" links."""

_OPT_OUTS = {"noai", "noimageai", "noimageindex", "tdm-reservation"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one page offers: works in its own order, every picture it mentions, the page after it, its opt-outs."""

    works: tuple[Candidate, ...]
    mentioned: frozenset[str]
    next_url: str | None
    opt_outs: tuple[str, ...]


class WebPage(Site):
    """The source for pages that somebody names: `query.pages`, each followed to its end."""

    name: ClassVar[str] = "webpage"
    title: ClassVar[str] = "Web pages"
    how: ClassVar[str] = "The pages given with `--page`, in the browser, each followed to its end"
    licences: ClassVar[str] = "As stated on the page: JSON-LD, microdata, `rel=license`"
    manners: ClassVar[Manners] = Manners("obey")

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate, None]:
        """Yield the pictures of every page; a page that fails is told of after the others have been read."""
        if not query.pages or reach is None:
            raise ConfigError(
                "--page", "the source webpage needs the address of a page", "Give one: --page https://..."
            )
        failed: list[ScraperError] = []
        rank = 0
        for start in query.pages:
            try:
                async for found in self._follow(start, reach):
                    yield replace(found, source=self.name, rank=rank, query=query.artist)
                    rank += 1
            except BrowserError:
                raise
            except ScraperError as error:
                failed.append(error)
        for other in failed[1:]:
            failed[0].add_note(str(other))
        if failed:
            raise failed[0]
        if rank == 0:
            raise NotFound(self.name, query.artist, "Is there a picture of 200 pixels or more on the pages given?")

    async def _follow(self, start: str, reach: Reach) -> AsyncGenerator[Candidate, None]:
        """Yield the pictures of a page and of those that follow it on the same site, each picture once."""
        at: str | None = checked_url(start)
        visited: set[str] = set()
        known: set[str] = set()
        while at is not None and at not in visited and len(visited) < MOST_PAGES:
            visited.add(at)
            async with reach.browser.open_page(at) as page:
                await page.scroll()
                parsed = parse((await page.html()).encode(errors="replace"), page.final_url)
            asked = sorted(_OPT_OUTS & {*parsed.opt_outs, *opt_outs(page.headers)})
            if asked and reach.web.heeds_opt_outs:
                raise OptedOut(page.final_url, urlsplit(page.final_url).hostname or "", ", ".join(asked))
            for found in (*parsed.works, *_unmentioned(page, parsed)):
                if key(found.image_urls[0]) not in known:
                    known.add(key(found.image_urls[0]))
                    yield replace(found, opt_outs=tuple(asked))
            visited.add(page.final_url)
            at = checked_url(parsed.next_url) if parsed.next_url and same_site(start, parsed.next_url) else None


def parse(body: bytes, url: str) -> Parsed:
    """Return what a page at `url` offers; pure, and unmoved by whatever the page contains."""
    page = Page(body, url)
    shown = _without_placeholders(page.works())
    works = _merged(linked_works(page.linked_data, page.base), shown)
    card = page.link("meta[property='og:image:secure_url' i], meta[property='og:image' i]", "content")
    # On a page of several works this is one of them again, or a card made for sharing.
    if card and len(works) < 2 and card not in page.mentioned:
        title = page.meta("og:image:alt") or page.meta("og:title")
        works.append(Candidate(source="", rank=0, image_urls=(card,), title=title))
    licence = licence_of(page.link("link[rel~='license' i], a[rel~='license' i]"), "page")
    works = [replace(found, page_url=url, licence=_under(licence, found.licence)) for found in works]
    wishes = [*opted_out(page.meta("robots") or ""), *opted_out(page.meta("semantic-gallery") or "")]
    if page.meta("tdm-reservation") == "1":
        wishes.append("tdm-reservation")
    next_url = page.link("link[rel~='next' i], a[rel~='next' i]")
    return Parsed(tuple(works), frozenset(page.mentioned), next_url, tuple(wishes))


def key(url: str) -> str:
    """Return what an address has in common with all others of the same picture: all but scheme, port and fragment."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}?{parts.query}"


def _merged(described: list[Candidate], shown: list[Candidate]) -> list[Candidate]:
    """Return what is shown, with what JSON-LD says of the same picture first, then what is only described."""
    by_key: dict[str, Candidate] = {}
    for found in described:
        place = key(found.image_urls[0])
        # A picture may stand as a node of its own beside the work that refers to it.
        by_key[place] = _filled(by_key[place], found) if place in by_key else found
    owner = {key(url): place for place, found in by_key.items() for url in found.image_urls}
    works: dict[str, Candidate] = {}
    for found in shown:
        places = [key(url) for url in found.image_urls]
        place = next((owner[place] for place in places if place in owner), places[0])
        known = works.get(place) or by_key.pop(place, None)
        works[place] = _filled(known, found) if known is not None else found
    return [*works.values(), *by_key.values()]


def _filled(found: Candidate, more: Candidate) -> Candidate:
    """Return what two descriptions of one picture say together; the first counts where both speak."""
    return replace(
        found,
        image_urls=tuple(dict.fromkeys(found.image_urls + more.image_urls)),
        title=found.title or more.title,
        artist_text=found.artist_text or more.artist_text,
        year_text=found.year_text or more.year_text,
        movement=found.movement or more.movement,
        medium=found.medium or more.medium,
        institution=found.institution or more.institution,
        licence=found.licence if found.licence.stated_by else more.licence,
        raw={**more.raw, **found.raw},
    )


def _under(page: Licence, own: Licence) -> Licence:
    """Return what a work states, and the page's licence where it states no more than whom to credit."""
    if own.code != "unknown" or own.url or not page.stated_by:
        return own
    return replace(page, holder=own.holder or page.holder, credit=own.credit or page.credit)


def _without_placeholders(shown: list[Candidate]) -> list[Candidate]:
    """Drop the addresses that stand in several pictures until each has loaded, such as a common grey square."""
    uses = Counter(url for found in shown for url in found.image_urls[1:])
    common = {url for url, times in uses.items() if times > 1}
    kept = (tuple(url for url in found.image_urls if url not in common) for found in shown)
    return [replace(found, image_urls=urls) for found, urls in zip(shown, kept, strict=True) if urls]


def _unmentioned(page: "OpenPage", parsed: Parsed) -> Iterator[Candidate]:
    """Yield pictures that stood in a page while it was scrolled and are gone: long lists forget their beginning."""
    named = {key(url) for url in parsed.mentioned}
    hosts = {urlsplit(url).hostname for found in parsed.works for url in found.image_urls}
    for url in page.pictures_seen:
        at_home = same_site(page.final_url, url) or urlsplit(url).hostname in hosts
        if at_home and is_picture(url) and not url.lower().endswith(".gif") and key(url) not in named:
            yield Candidate(source="", rank=0, image_urls=(url,), page_url=page.final_url)


SOURCE = WebPage
