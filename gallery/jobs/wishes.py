"""What the form of a new artist asks for, checked: plain values, or a sentence for whoever typed them."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from gallery.errors import AskRefused
from gallery.models.artists import LONGEST_NAME
from scraper.addresses import checked_url
from scraper.choosing import PAGES
from scraper.errors import Refused

MOST_WORKS = 500
MOST_PAGES = 20
MOST_NAMES = 20
LONGEST_URL = 2048
_YEARS = range(-3000, 2101)
_WIKIDATA = re.compile(r"Q[1-9][0-9]{0,11}")
# Invisible, and yet a part of how names are written in Persian and in Indian scripts.
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))

SIMPLE = ("name", "aliases", "born", "died", "wikidata", "movements", "pages", "limit")
"""The fields that are texts; `sources` are several."""

LONGEST = {"name": 1000, "aliases": 4000, "movements": 2000, "pages": 45_000}
"""How much may be typed into a field; more than is accepted, so that too much is refused in words."""


def wish(typed: dict[str, str], sources: Sequence[str], allowed: Sequence[str]) -> dict[str, Any]:
    """Return what is asked for as plain JSON; `allowed` are the sources that are on. Raises `AskRefused`."""
    born, died = year("The year of birth", typed["born"]), year("The year of death", typed["died"])
    if born is not None and died is not None and died < born:
        raise AskRefused("The year of death", "lies before that of birth")
    chosen = [name for name in allowed if name in sources]
    if strange := sorted(set(sources) - set(allowed)):
        raise AskRefused("The source", f"{strange[0][:40]!r} is not one that is on here")
    asked = {
        "name": name_of(typed["name"]),
        "aliases": names("The other names", typed["aliases"].splitlines()),
        "born": born,
        "died": died,
        "wikidata": wikidata(typed["wikidata"]),
        "movements": names("The movements", re.split(r"[,\n]", typed["movements"])),
        "pages": pages(typed["pages"].splitlines()),
        "sources": chosen,
        "limit": limit(typed["limit"]),
    }
    if not asked["pages"] and not chosen:
        raise AskRefused("Where to look", "is missing: tick a source or name a page")
    return asked


def upload_wish(typed: dict[str, str]) -> dict[str, Any]:
    """Return what is asked for with an upload, as plain JSON. Raises `AskRefused`."""
    return {
        "name": name_of(typed["name"]),
        "licence": _line("The licence", typed["licence"], 60),
        "credit": _line("The credit line", typed["credit"], 300),
    }


def _line(what: str, text: str, longest: int) -> str | None:
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if len(line) > longest:
        raise AskRefused(what, f"is too long: {longest} characters at most")
    if not line.translate(_JOINERS).isprintable():
        raise AskRefused(what, "contains characters that cannot be seen")
    return line or None


def name_of(text: str, what: str = "The name") -> str:
    """Return a name in its composed form (NFC) with single spaces."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise AskRefused(what, "is empty")
    if len(name) > LONGEST_NAME:
        raise AskRefused(what, f"is too long: {LONGEST_NAME} characters at most")
    if not name.translate(_JOINERS).isprintable():
        raise AskRefused(what, "contains characters that cannot be seen")
    return name


def names(what: str, typed: Sequence[str]) -> list[str]:
    """Return several names, each once."""
    found = list(dict.fromkeys(name_of(text, what) for text in typed if text.strip()))
    if len(found) > MOST_NAMES:
        raise AskRefused(what, f"are too many: {MOST_NAMES} at most")
    return found


def year(what: str, text: str) -> int | None:
    """Return a year, None for an empty field."""
    text = text.strip()
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,4}", text) or int(text) not in _YEARS:
        raise AskRefused(what, "must be a number such as 1840")
    return int(text)


def wikidata(text: str) -> str | None:
    """Return a Wikidata id, None for an empty field."""
    text = text.strip().upper()
    if not text:
        return None
    if not _WIKIDATA.fullmatch(text):
        raise AskRefused("The Wikidata id", "must look like Q296")
    return text


def pages(typed: Sequence[str]) -> list[str]:
    """Return addresses of pages that may be visited, as far as their look tells; the guard sees where they lead."""
    found = []
    for text in dict.fromkeys(line.strip() for line in typed if line.strip()):
        if len(text) > LONGEST_URL:
            raise AskRefused("The page's address", f"is too long: {LONGEST_URL} characters at most")
        try:
            found.append(checked_url(text))
        except Refused as refused:
            raise AskRefused(
                "The page", f"{text[:120]} cannot be visited: {refused.reason.rstrip(chr(46))}"
            ) from refused
    if len(found) > MOST_PAGES:
        raise AskRefused("The pages", f"are too many: {MOST_PAGES} at most")
    return found


def limit(text: str) -> int:
    """Return how many works are wanted."""
    if not re.fullmatch(r"[0-9]{1,4}", text.strip()) or not 1 <= int(text) <= MOST_WORKS:
        raise AskRefused("The number of works", f"must be from 1 to {MOST_WORKS}")
    return int(text)


def offered() -> dict[str, Any]:
    """Return the sources a form offers: those on the web, but for the pages somebody names."""
    from scraper.sources import SOURCES

    return {name: site for name, site in SOURCES.sites().items() if name != PAGES}
