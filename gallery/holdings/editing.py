"""What is known of an artist, as a form sends it: checked, stored, and told to visitors."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gallery.errors import AskRefused, UnknownArtist
from gallery.holdings.facts import write_facts
from gallery.holdings.house import House
from gallery.jobs import wishes
from gallery.models.artists import Artist, artist_by_id
from gallery.models.audit import record
from gallery.models.users import User
from scraper.facts import web_link
from scraper.names import slug

FACTS = (
    *("name", "aliases", "born", "died", "nationality", "movements", "fields", "wikidata", "wikipedia_url"),
    *("biography", "biography_source"),
)
"""The fields of the form; an artist's other columns are not to be had by it."""

LONGEST_BIOGRAPHY = 8000
LONGEST_SOURCE = 500
LONGEST = {"aliases": 4000, "movements": 4000, "fields": 4000, "biography": 20_000, "wikipedia_url": 4000}
"""How much may be typed into a field; more than is accepted, so that too much is refused in words."""

_LINES = re.compile(r"\r\n?|\n")
_SAID = 200


def facts_from(typed: Mapping[str, str], filed_as: str) -> dict[str, Any]:
    """Return what a form says as values of columns; `filed_as` is the artist's slug. Raises `AskRefused`."""
    name = wishes.name_of(typed["name"])
    if slug(name) != filed_as:
        raise AskRefused("The name", f"must stay one that is filed as {filed_as!r}: give others as other names")
    born = wishes.year("The year of birth", typed["born"])
    died = wishes.year("The year of death", typed["died"])
    if born is not None and died is not None and died < born:
        raise AskRefused("The year of death", "lies before that of birth")
    biography, source = _biography(typed["biography"]), _line("The source", typed["biography_source"], LONGEST_SOURCE)
    if biography and not source:
        raise AskRefused("The source", "of the biography is missing")
    return {
        "name": name,
        "aliases": wishes.names("The other names", _LINES.split(typed["aliases"])),
        "born": born,
        "died": died,
        "nationality": _line("The nationality", typed["nationality"], 120),
        "movements": wishes.names("The movements", re.split(r"[,\n]", typed["movements"])),
        "fields": wishes.names("The fields", re.split(r"[,\n]", typed["fields"])),
        "wikidata": wishes.wikidata(typed["wikidata"]),
        "wikipedia_url": _wikipedia(typed["wikipedia_url"]),
        "biography": biography,
        "biography_source": source if biography else None,
    }


def typed_again(artist: Artist) -> dict[str, str]:
    """Return an artist's facts as the form shows them."""
    joined = {"aliases": "\n", "movements": ", ", "fields": ", "}
    values = {name: getattr(artist, name) for name in FACTS}
    return {
        name: joined[name].join(value or []) if name in joined else "" if value is None else str(value)
        for name, value in values.items()
    }


def edit(house: House, artist_id: int, values: Mapping[str, Any], by: User) -> None:
    """Store an artist's facts, note which have changed, and tell visitors."""
    with house.database.writing() as session:
        artist = artist_by_id(session, artist_id)
        if artist is None:
            raise UnknownArtist
        changed = {name: value for name, value in values.items() if (getattr(artist, name) or None) != (value or None)}
        if changed:
            for name, value in changed.items():
                setattr(artist, name, value)
            said = {name: value[:_SAID] if isinstance(value, str) else value for name, value in changed.items()}
            record(session, by, "edited artist", artist.name, **said)
    write_facts(house.database, house.facts)


def _biography(text: str) -> str | None:
    lines = [" ".join(line.split()) for line in _LINES.split(unicodedata.normalize("NFC", text))]
    found = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(found) > LONGEST_BIOGRAPHY:
        raise AskRefused("The biography", f"is too long: {LONGEST_BIOGRAPHY:,} characters at most")
    if not all(line.isprintable() for line in found.split("\n")):
        raise AskRefused("The biography", "contains characters that cannot be seen")
    return found or None


def _line(what: str, text: str, longest: int) -> str | None:
    found = " ".join(unicodedata.normalize("NFC", text).split())
    if len(found) > longest:
        raise AskRefused(what, f"is too long: {longest} characters at most")
    if not found.isprintable():
        raise AskRefused(what, "contains characters that cannot be seen")
    return found or None


def _wikipedia(text: str) -> str | None:
    address = text.strip()
    if not address:
        return None
    host = urlsplit(address).hostname or "" if web_link(address) and len(address) <= 2000 else ""
    if not (host == "wikipedia.org" or host.endswith(".wikipedia.org")) or " " in address:
        raise AskRefused("The Wikipedia page", "must be an address such as https://en.wikipedia.org/wiki/Hokusai")
    return address
