"""Reading Google's pages: pictures found, an artist's known works, and the ways in which it turns somebody away."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.answers import number
from scraper.errors import Blocked
from scraper.facts import plain
from scraper.model import Candidate

HOST = "www.google.com"
SOURCE = "google"
_OWN = ("google.com", "gstatic.com", "googleapis.com", "ggpht.com", "google.co.uk")
_NOTHING = re.compile(r"did not match any|aren't many great matches|no results found for", re.IGNORECASE)
# An address with height and width, as scripts hold them: ["https://...",480,640]
_TRIPLE = re.compile(r'\["(https?:[^"\s]{8,3000})",\s*(\d{2,5}),\s*(\d{2,5})\]')
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
_YEAR = re.compile(r"^(?:c\.\s*)?\d{3,4}(?:\s*[-–]\s*\d{2,4})?$")
_SHORT = 2000
# A list of an artist's works has at least so many; fewer links of the kind are something else.
_FEWEST_WORKS = 3


@dataclass(frozen=True, slots=True)
class KnownWork:
    """A work in the row of an artist's works above the results; the thumbnail's address where there is one."""

    title: str
    year: str | None
    thumbnail: str | None


def check(body: bytes, url: str) -> None:
    """Raise `Blocked` when a page asks for a human, or for a browser it trusts, instead of showing results."""
    parts = urlsplit(url)
    short = len(body) < _SHORT and b"/sorry/" in body
    if parts.hostname == "sorry.google.com" or parts.path.startswith("/sorry") or short:
        raise Blocked(HOST, "asked for a captcha at /sorry", "Use --source commons,openverse or try tomorrow.")
    tree = LexborHTMLParser(body)
    waits = tree.css_first("noscript meta[content*='enablejs' i], noscript a[href*='enablejs' i]")
    # Result pages have a link for browsers without scripts as well, beside everything else.
    if (waits is not None or b"/httpservice/retry/enablejs" in body) and tree.css_first("img, #search, #rso") is None:
        raise Blocked(HOST, "shows no results to this browser, only a page that tests it", "Use another source.")


def says_nothing_found(body: bytes) -> bool:
    """Say whether a page states that there are no results."""
    tree = LexborHTMLParser(body)
    tree.strip_tags(["script", "style"])
    return tree.css_first("a[href*='/imgres?']") is None and bool(_NOTHING.search(tree.text(separator=" ")))


def parse(body: bytes) -> list[Candidate]:
    """Return the pictures that a page links to, else those that its scripts name; none when it has neither."""
    tree = LexborHTMLParser(body)
    works = [work for link in tree.css("a[href*='/imgres?']") if (work := _linked(link)) is not None]
    if not works:
        works = [work for script in tree.css("script") for work in _scripted(script.text())]
    return list({work.image_urls[0]: work for work in reversed(works)}.values())[::-1]


def clicked(body: bytes) -> list[Candidate]:
    """Return the pictures in the panel that a click has opened: those that lie elsewhere than with Google."""
    shown = {node.attributes.get("src") or "": node for node in LexborHTMLParser(body).css("img[src^='http']")}
    return [_panel(url, picture) for url, picture in shown.items() if is_foreign(url)]


def works_of(body: bytes) -> list[KnownWork]:
    """Return the works of an artist that a page of results has in a row, in its order; none where it has no such row.

    They are links with a `stick` and a picture. The page may have other such rows (artists, museums); the longest is
    that of the works.
    """
    links = [link for link in LexborHTMLParser(body).css("a[href*='stick=']") if link.css_first("img") is not None]
    row = max(_rows(links), key=len, default=[])
    return [_known(link) for link in row] if len(row) >= _FEWEST_WORKS else []


def is_foreign(url: str) -> bool:
    """Say whether an address is not one of Google's own, where only thumbnails and ornaments lie."""
    host = urlsplit(url).hostname or ""
    return url.startswith(("http://", "https://")) and not any(host == own or host.endswith("." + own) for own in _OWN)


def _linked(link: LexborNode) -> Candidate | None:
    asked = parse_qs(urlsplit(link.attributes.get("href") or "").query)
    said = {name: values[0] for name, values in asked.items()}
    if not is_foreign(said.get("imgurl", "")):
        return None
    picture = link.css_first("img[alt]")
    title = picture.attributes.get("alt") if picture is not None else link.attributes.get("aria-label")
    return Candidate(
        source=SOURCE,
        rank=0,
        source_id=said.get("tbnid"),
        image_urls=(said["imgurl"],),
        page_url=said.get("imgrefurl"),
        title=plain(title),
        width=number(said.get("w")),
        height=number(said.get("h")),
        raw={"docid": said["docid"]} if "docid" in said else {},
    )


def _scripted(script: str) -> Iterator[Candidate]:
    for url, height, width in _TRIPLE.findall(_HEX.sub(lambda found: chr(int(found[1], 16)), script)):
        try:
            address = json.loads(f'"{url}"')
        except ValueError:
            continue
        if is_foreign(address):
            yield Candidate(SOURCE, 0, (address,), width=number(width), height=number(height))


def _panel(url: str, picture: LexborNode) -> Candidate:
    links = (above.attributes.get("href") or "" for above in _above(picture) if above.tag == "a")
    page = next((href for href in links if is_foreign(href)), None)
    return Candidate(SOURCE, 0, (url,), page_url=page, title=plain(picture.attributes.get("alt")))


def _rows(links: Sequence[LexborNode]) -> list[list[LexborNode]]:
    """Group links by the nearest element that holds more than one of them."""
    inside: defaultdict[int, int] = defaultdict(int)
    for link in links:
        for above in _above(link):
            inside[above.mem_id] += 1
    rows: defaultdict[int, list[LexborNode]] = defaultdict(list)
    for link in links:
        row = next((above for above in _above(link) if inside[above.mem_id] > 1), None)
        if row is not None:
            rows[row.mem_id].append(link)
    return list(rows.values())


def _above(node: LexborNode) -> Iterator[LexborNode]:
    above = node.parent
    while above is not None and above.is_element_node:
        yield above
        above = above.parent


def _known(link: LexborNode) -> KnownWork:
    picture = link.css_first("img")
    assert picture is not None
    words = [text for node in link.css("*") if (text := plain(node.text(deep=False)))]
    year = words[-1] if words and _YEAR.match(words[-1]) else None
    title = plain(picture.attributes.get("alt")) or plain(link.attributes.get("aria-label"))
    title = title or " ".join(words[:-1] if year else words)
    sources = [picture.attributes.get(name) or "" for name in ("data-src", "data-key", "src")]
    thumbnail = next((urljoin(f"https://{HOST}/", url) for url in sources if url.startswith(("http", "/"))), None)
    return KnownWork(title, year, thumbnail)
