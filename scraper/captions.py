"""What stands around a picture on a page: title, artist, year and the like, from marked-up text first."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from selectolax.lexbor import LexborNode

from scraper.facts import plain
from scraper.licences import licence_of
from scraper.model import Licence

_YEAR = r"(?:(?:c\.?|ca\.?|circa|about|before|after)\s*)?(?:1\d{3}|20\d{2})s?(?:\s*[-–/]\s*\d{2,4})?"
_ANY_YEAR = re.compile(rf"(?<![\w/.-]){_YEAR}(?![\w/-])", re.IGNORECASE)
_YEAR_AT_END = re.compile(rf"[\s,;:·|–-]*[(\[]?\s*{_YEAR}\s*[)\]]?\s*\.?$", re.IGNORECASE)
_SAYS_NOTHING = re.compile(
    r"(image|img|photo|picture|pic|thumbnail|thumb|artwork|painting|dsc[nf]?)?[\W\d_]*(\.\w{3,4})?", re.IGNORECASE
)

# Field -> schema.org properties, words of a class, labels of a definition list.
_MARKS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "title": (("name", "headline"), ("title",), ("title", "name")),
    "artist_text": (("creator", "artist", "author"), ("artist", "painter"), ("artist", "creator", "painter")),
    "year_text": (("dateCreated",), ("year", "date"), ("year", "date", "created", "dated")),
    "movement": (("artMovement", "genre"), ("movement",), ("movement", "style", "school", "genre")),
    "medium": (("artMedium", "material", "artform"), ("medium", "technique"), ("medium", "technique", "materials")),
    "institution": (("provider",), ("museum", "institution"), ("museum", "institution", "collection")),
}  # fmt: skip

_ITALIC = "figcaption cite, figcaption em, figcaption i"
_HEADING = "h1, h2, h3, h4, h5, h6"


def facts_of(card: LexborNode, picture: LexborNode) -> dict[str, Any]:
    """Return the fields of a `Candidate` that a picture's surroundings state; all texts are one line."""
    listed = dict(_listed(card))
    said = {field: _marked(card, *marks, listed) for field, marks in _MARKS.items()}
    caption = _text(card.css_first("figcaption") or card.css_first(".caption"))
    alt = _telling(picture.attributes.get("alt"))
    title = said.pop("title") or _text(card.css_first(_ITALIC)) or caption or alt or _text(card.css_first(_HEADING))
    title = title or _telling(picture.attributes.get("title")) or _telling(picture.attributes.get("aria-label"))
    year = said.pop("year_text") or _year(caption) or _year(alt) or _year(title)
    return {**said, "title": _without_year(title), "year_text": year, "licence": _licence(card, listed)}


def _marked(
    card: LexborNode, properties: Sequence[str], classes: Sequence[str], labels: Sequence[str], listed: dict[str, str]
) -> str | None:
    """Return what microdata says, else an element of a telling class, else a line of a definition list."""
    for name in properties:
        for node in card.css(f"[itemprop~='{name}' i]"):
            if not _belongs_to_another(node, card) and (text := _value(node)):
                return text
    for word in classes:
        for node in card.css(f"[class~='{word}' i], [class$='-{word}' i], [class$='_{word}' i]"):
            if text := _text(node):
                return text
    return next((listed[label] for label in labels if label in listed), None)


def _belongs_to_another(node: LexborNode, card: LexborNode) -> bool:
    """Say whether a property is one of a property's value, such as the name of the creator."""
    above = node.parent
    while above is not None and above.mem_id != card.mem_id:
        if "itemprop" in above.attributes:
            return True
        above = above.parent
    return False


def _value(node: LexborNode) -> str | None:
    for name in ("content", "datetime"):
        if text := plain(node.attributes.get(name)):
            return text
    named = node.css_first("[itemprop~='name' i]")
    return (plain(named.attributes.get("content")) or _text(named) if named else None) or _text(node)


def _listed(card: LexborNode) -> Iterator[tuple[str, str]]:
    """Yield the labels and texts of definition lists and of tables with a heading in each row."""
    for label in card.css("dt, th"):
        value = label.next
        while value is not None and not value.is_element_node:
            value = value.next
        if value is not None and value.tag in ("dd", "td") and (text := _text(value)):
            yield (_text(label) or "").rstrip(":").lower(), text


def _licence(card: LexborNode, listed: dict[str, str]) -> Licence:
    node = card.css_first("[rel~='license' i], [itemprop~='license' i]")
    stated = None
    if node is not None:
        stated = node.attributes.get("href") or node.attributes.get("content") or _text(node)
    stated = stated or next((listed[label] for label in ("licence", "license", "rights") if label in listed), None)
    credit = _text(card.css_first("[itemprop~='creditText' i], .credit")) or listed.get("credit")
    return licence_of(stated, "page", credit=credit)


def _text(node: LexborNode | None) -> str | None:
    return plain(node.text(separator=" ", strip=True)) if node is not None else None


def _telling(text: str | None) -> str | None:
    """Return a text unless it is a file name or a word like "image" that says nothing of the work."""
    text = plain(text)
    return None if text is None or _SAYS_NOTHING.fullmatch(text) else text


def _year(text: str | None) -> str | None:
    found = _ANY_YEAR.findall(text or "")
    return found[-1] if found else None


def _without_year(title: str | None) -> str | None:
    return None if title is None else _YEAR_AT_END.sub("", title) or title
