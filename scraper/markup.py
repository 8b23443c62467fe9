"""The pictures that a page shows, read from its HTML: addresses from best to worst, and the facts around each."""

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.addresses import absolute, is_picture
from scraper.captions import facts_of
from scraper.facts import plain
from scraper.model import Candidate
from scraper.page_scripts import BACKGROUND, SEEN, SHOWN
from scraper.srcset import parse_srcset

MOST_PICTURES = 5_000
MOST_ADDRESSES = 8
MIN_SIDE = 200
MIN_SHOWN = 48
MAX_ASPECT = 4.0

# Where scripts that load or enlarge pictures keep the address of the full one, and of the one to show.
_FULL = (
    *("data-full", "data-full-src", "data-full-url", "data-orig-file", "data-large-file", "data-large", "data-hires"),
    *("data-large-src", "data-large_image", "data-zoom", "data-zoom-image", "data-zoom-src", "data-high-res"),
)
_LAZY = ("data-original", "data-src", "data-lazy-src", "data-lazy", "data-image", "data-url")
_SRCSETS = ("srcset", "data-srcset", "data-lazy-srcset")
_CSS = (BACKGROUND, "style", "data-bg", "data-background", "data-background-image")
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^)\s]*))\s*\)""", re.IGNORECASE)
_SHOWING = "img, amp-img, " + ", ".join(f"[{name}]" for name in _CSS if name != "style") + ", [style*='url(' i]"

# As a word of a class, an id or a file name, each of these marks what is no artwork; a painting may well be
# called "The Spinner" or "Icon", so that words which only a class may be trusted with stand apart.
_DECORATION = frozenset(
    {"avatar", "emoji", "favicon", "gravatar", "logo", "placeholder", "spacer", "sprite", "wordmark"}
)
_DECORATION_CLASS = _DECORATION | {"ad", "ads", "advertisement", "icon", "icons", "spinner"}
_NO_PHOTOGRAPH = re.compile(r"\.(svgz?|ico|cur)$", re.IGNORECASE)
_FURNITURE = frozenset({"nav", "footer"})
_CLIMB, _HIGHEST = 40, 6


class Page:
    """The parsed page with what is needed to read each picture's surroundings."""

    def __init__(self, body: bytes, url: str) -> None:
        self.tree = LexborHTMLParser(body)
        base = self.tree.css_first("base[href]")
        self.base = (absolute(url, base.attributes.get("href") or "") if base else None) or url
        self.linked_data = [node.text() for node in self.tree.css("script[type='application/ld+json' i]")]
        self.tree.strip_tags(["script", "style"])
        # A node that several of the selectors fit is found once for each.
        found = {node.mem_id: node for node in self.tree.css(_SHOWING)}
        self.showing = list(found.values())[:MOST_PICTURES]
        self.mentioned: set[str] = set()
        self._inside: Counter[int] = Counter()
        for node in self.showing:
            self._inside.update(above.mem_id for above in _ancestors(node))

    def works(self) -> list[Candidate]:
        """Return a candidate for every picture shown that may be an artwork, in the order of the page."""
        return [found for node in self.showing if (found := self._work(node)) is not None]

    def link(self, selector: str, attribute: str = "href") -> str | None:
        """Return the first link that a selector finds, as a full address."""
        for node in self.tree.css(selector):
            if link := absolute(self.base, node.attributes.get(attribute) or ""):
                return link
        return None

    def meta(self, name: str) -> str | None:
        """Return what a meta element says, by its name or property."""
        node = self.tree.css_first(f"meta[name='{name}' i], meta[property='{name}' i]")
        return plain(node.attributes.get("content")) if node else None

    def _work(self, node: LexborNode) -> Candidate | None:
        anchor = next((above for above in _ancestors(node) if above.tag == "a"), None)
        urls = tuple(dict.fromkeys(self._addresses(node, anchor)))
        self.mentioned.update(urls)
        if not urls or _is_decoration(node, urls) or self._is_small(node, urls):
            return None
        card = self._card(node)
        link = absolute(self.base, anchor.attributes.get("href") or "") if anchor is not None else None
        raw = {"alt": node.attributes.get("alt") or "", "link": link or ""}
        said = {key: text for key, text in raw.items() if text}
        return Candidate(source="", rank=0, image_urls=urls[:MOST_ADDRESSES], raw=said, **facts_of(card, node))

    def _addresses(self, node: LexborNode, anchor: LexborNode | None) -> Iterator[str]:
        """Yield the addresses of one picture from the largest to the one shown."""
        texts: list[str | None] = []
        for holder in filter(None, (anchor, node)):
            texts += [holder.attributes.get(name) for name in _FULL]
        if anchor is not None and is_picture(absolute(self.base, anchor.attributes.get("href") or "") or ""):
            texts.insert(0, anchor.attributes.get("href"))
        texts += [url for url, _ in sorted(_sizes(node), key=lambda entry: -entry[1])]
        if node.tag in ("img", "amp-img"):
            texts += [node.attributes.get(name) for name in (*_LAZY, SEEN, "src")]
        else:
            texts += [url for name in _CSS for url in _css_urls(node.attributes.get(name) or "", name)]
        for text in texts:
            if text and (url := absolute(self.base, text)):
                yield url

    def _card(self, node: LexborNode) -> LexborNode:
        """Return the largest element around a picture that holds no other one: its caption is in there."""
        card = node
        for height, above in enumerate(_ancestors(node)):
            if height == _HIGHEST or above.tag in ("body", "html") or self._inside[above.mem_id] > 1:
                break
            card = above
        return card

    def _is_small(self, node: LexborNode, urls: tuple[str, ...]) -> bool:
        """Say whether a picture is too small or too narrow by what the page says of its size."""
        shown = re.fullmatch(r"(\d{1,5})x(\d{1,5})", node.attributes.get(SHOWN) or "")
        stated = [_number(node.attributes.get(name)) for name in ("width", "height")]
        if shown:
            width, height = int(shown[1]), int(shown[2])
            if min(width, height) < MIN_SHOWN or max(width, height) > MAX_ASPECT * min(width, height):
                return True
        if all(stated):
            width, height = (side or 0 for side in stated)
            if max(width, height) > MAX_ASPECT * min(width, height) or min(width, height) < MIN_SHOWN:
                return True
        # A small picture that leads to larger ones is a thumbnail; alone it is all there is.
        return len(urls) == 1 and any(side is not None and side < MIN_SIDE for side in stated)


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    above = node.parent
    for _ in range(_CLIMB):
        if above is None or not above.is_element_node:
            return
        yield above
        above = above.parent


def _sizes(node: LexborNode) -> Iterator[tuple[str, float]]:
    """Yield every size in the srcset attributes of a picture and of the sources beside it."""
    holders = [node]
    if node.parent is not None and node.parent.tag == "picture":
        holders += node.parent.css("source")
    for holder in holders:
        for name in _SRCSETS:
            yield from parse_srcset(holder.attributes.get(name) or "")


def _css_urls(text: str, attribute: str) -> list[str]:
    found = ["".join(groups) for groups in _URL.findall(text)]
    return found or ([text] if attribute.startswith("data-") and text else [])


def _is_decoration(node: LexborNode, urls: tuple[str, ...]) -> bool:
    if any(above.tag in _FURNITURE for above in _ancestors(node)):
        return True
    path = urls[0].partition("?")[0]
    if _NO_PHOTOGRAPH.search(path):
        return True
    marks = f"{node.attributes.get('class') or ''} {node.id or ''}"
    return bool(_DECORATION_CLASS & _words(marks) or _DECORATION & _words(path.rpartition("/")[2]))


def _words(text: str) -> set[str]:
    return set(re.split(r"[^a-z]+", text.lower()))


def _number(text: str | None) -> int | None:
    found = re.fullmatch(r"\s*(\d{1,5})(\.\d+)?(px)?\s*", text or "")
    return int(found[1]) if found else None
