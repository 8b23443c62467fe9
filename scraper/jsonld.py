"""Works that a page describes in JSON-LD with the words of schema.org."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scraper.addresses import absolute, is_picture
from scraper.facts import plain
from scraper.licences import licence_of
from scraper.model import Candidate

_WORKS = frozenset(
    {"creativework", "drawing", "imageobject", "painting", "photograph", "sculpture", "visualartwork", "poster"}
)
_COLLECTIONS = frozenset({"collection", "collectionpage", "imagegallery", "mediagallery"})
# Where works are looked for below another node; an article's author has a picture too, and is no work.
_INTO = ("@graph", "mainEntity", "itemListElement", "item", "hasPart", "associatedMedia", "about", "workExample")
# A work may hold others: a series, or a page that calls itself a CreativeWork.
_PARTS = ("hasPart", "itemListElement")
_SAYING = ("name", "@value", "value")
_LINKING = ("url", "@id", "name")
_DEEPEST, _MOST_NODES = 12, 20_000

Node = Mapping[str, Any]


def linked_works(scripts: Iterable[str], base: str) -> list[Candidate]:
    """Return the works described in a page's JSON-LD blocks that have a picture; what is not JSON is passed over."""
    found = []
    for script in scripts:
        try:
            document = json.loads(script, strict=False)
        except (ValueError, RecursionError):
            continue  # A page's mistake; browsers and search engines pass over such a block as well.
        found += _Document(document, base).works()
    return found


class _Document:
    """One block: knows its nodes by @id, so that references can be followed."""

    def __init__(self, document: Any, base: str) -> None:
        self.document, self.base = document, base
        self.by_id: dict[str, Node] = {}
        self.indexed = 0
        self.walked: set[int] = set()
        self._index(document, 0)

    def _index(self, value: Any, depth: int) -> None:
        self.indexed += 1
        if depth > _DEEPEST or self.indexed > _MOST_NODES:
            return
        if isinstance(value, list):
            for part in value:
                self._index(part, depth + 1)
        elif isinstance(value, dict):
            name = value.get("@id")
            if isinstance(name, str) and len(value) > 1:
                self.by_id.setdefault(name, value)
            for part in value.values():
                if isinstance(part, list | dict):
                    self._index(part, depth + 1)

    def works(self) -> list[Candidate]:
        """Return a candidate for each node that is a work and has a picture."""
        return [found for node in self._nodes(self.document, 0) if (found := self._work(node)) is not None]

    def _nodes(self, value: Any, depth: int) -> Iterator[Node]:
        if depth > _DEEPEST:
            return
        for node in self._each(value):
            if id(node) in self.walked:
                continue  # References may run in circles.
            self.walked.add(id(node))
            kinds = _kinds(node)
            into: tuple[str, ...] = _INTO
            if kinds & _WORKS:
                yield node
                into = _PARTS
            elif kinds & _COLLECTIONS:
                into = (*_INTO, "image")
            for name in into:
                yield from self._nodes(node.get(name), depth + 1)

    def _each(self, value: Any) -> Iterator[Node]:
        """Yield the nodes in a value, references followed."""
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                name = part.get("@id")
                yield self.by_id.get(name, part) if isinstance(name, str) and len(part) == 1 else part

    def _work(self, node: Node) -> Candidate | None:
        is_image = "imageobject" in _kinds(node)
        image = node if is_image else next(self._each(node.get("image") or node.get("associatedMedia")), None)
        urls = tuple(dict.fromkeys(self._urls(node, image)))
        if not urls:
            return None
        said = [part for part in (node, image) if part is not None]

        def first(*names: str, by: Sequence[str] = _SAYING) -> str | None:
            return next((text for part in said for name in names if (text := self._text(part.get(name), by))), None)

        own = ("url", "description") if is_image else ("url", "description", "width", "height")
        raw = {name: text for name in own if (text := self._text(node.get(name)))}
        width, height = (_pixels(image, name) if image is not None else None for name in ("width", "height"))
        return Candidate(
            source="",
            rank=0,
            image_urls=urls,
            source_id=first("identifier", "@id"),
            title=first("name", "headline", "caption"),
            artist_text=first("creator", "artist", "author"),
            year_text=first("dateCreated", "temporalCoverage"),
            movement=first("artMovement", "movement", "genre"),
            medium=first("artMedium", "artform", "material"),
            institution=first("holdingArchive", "provider", "sourceOrganization"),
            tags=self._tags(node),
            width=width,
            height=height,
            licence=licence_of(
                first("license", "usageInfo", by=_LINKING),
                "page",
                holder=first("copyrightHolder"),
                credit=first("creditText", "copyrightNotice"),
            ),
            raw=raw,
        )

    def _urls(self, node: Node, image: Node | None) -> Iterator[str]:
        """Yield the picture's addresses, the full one first."""
        if image is not None:
            yield from self._links(image.get("contentUrl"))
            yield from (link for link in self._links(image.get("url")) if is_picture(link))
        yield from self._links(node.get("image"))
        for part in (node, image):
            if part is not None:
                yield from self._links(part.get("thumbnailUrl"))
                yield from self._links(part.get("thumbnail"))

    def _links(self, value: Any) -> Iterator[str]:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                part = part.get("contentUrl") or part.get("url")
            if isinstance(part, str) and (link := absolute(self.base, part)):
                yield link

    def _text(self, value: Any, by: Sequence[str] = _SAYING, depth: int = 0) -> str | None:
        """Return a value as one line: a text, a number, what a node has `by` one name, or several of them joined."""
        if depth > 3:
            return None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return plain(str(value))
        if isinstance(value, list):
            texts = dict.fromkeys(text for part in value[:5] if (text := self._text(part, by, depth + 1)))
            return ", ".join(texts) or None
        for node in self._each(value):
            for name in by:
                if text := self._text(node.get(name), by, depth + 1):
                    return text
        return None

    def _tags(self, node: Node) -> tuple[str, ...]:
        said = node.get("keywords")
        words = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
        return tuple(dict.fromkeys(text for word in words[:50] if (text := self._text(word))))


def _kinds(node: Node) -> set[str]:
    said = node.get("@type")
    kinds = said if isinstance(said, list) else [said]
    return {kind.rpartition("/")[2].lower() for kind in kinds if isinstance(kind, str)}


def _pixels(node: Node, name: str) -> int | None:
    """Return a side in pixels; a painting's own width is in centimetres and told as text."""
    if "imageobject" not in _kinds(node):
        return None
    value = node.get(name)
    if isinstance(value, dict):
        value = value.get("value")
    text = str(value).removesuffix("px").strip()
    return int(text) if re.fullmatch("[1-9][0-9]{0,5}", text) else None
