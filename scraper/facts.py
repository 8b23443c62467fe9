"""From what sources say to what the library records: cleaned texts, years, titles, and one set of facts per picture.

Everything here is a function of its arguments; nothing is fetched or stored.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from scraper.model import ArtworkRecord, Candidate, Licence, Picture, Sighting

LONGEST_TEXT = 300
LONGEST_URL = 2048
MOST_TAGS = 50
MOST_URLS = 8
MOST_RAW_BYTES = 8192
UNTITLED = "Untitled"

_TAG = re.compile(r"<[^<>]*>")
_YEAR = re.compile(r"(?<!\d)(1\d{3}|20\d{2})(?!\d)")
_SEPARATORS = re.compile(r"[\s_\-+.,~]+")
_SIZE = re.compile(r"\b(\d+x\d+|\d+px)\b", re.IGNORECASE)
_MEANINGLESS = re.compile(r"[0-9a-f]{16,}|[\W\d_]*", re.IGNORECASE)
# Whose word counts first when sightings disagree.
_TRUST = {"exact": 0, "alias": 0, "weak": 1, "not-stated": 1, "none": 2}


def plain(text: str | None, longest: int = LONGEST_TEXT) -> str | None:
    """Return untrusted text as one line without tags and control characters, cut to `longest`; None when empty."""
    if not text:
        return None
    shown = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", _TAG.sub(" ", text)))
    return " ".join(shown.split())[:longest].strip() or None


def web_link(url: str | None) -> str | None:
    """Return `url` when it is a plain http or https address that may be shown as a link, else None."""
    if not url or len(url) > LONGEST_URL or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def year_of(text: str | None) -> int | None:
    """Return the first year from 1000 to 2099 in a text such as "c. 1882-85", None when there is none."""
    found = _YEAR.search(text or "")
    return int(found[1]) if found else None


def title_from(address: str) -> str:
    """Return a readable title from a path or URL: its last part without suffix, separators and sizes."""
    last = unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2])
    stem = re.sub(r"(\.[A-Za-z]{3,4})+$", "", last)
    words = " ".join(_SIZE.sub(" ", _SEPARATORS.sub(" ", plain(stem) or "")).split())
    return UNTITLED if _MEANINGLESS.fullmatch(words) else words[:1].upper() + words[1:]


def cleaned(candidate: Candidate) -> Candidate:
    """Return the candidate with every text cleaned and capped, and only links that may be shown."""
    licence = candidate.licence
    return replace(
        candidate,
        image_urls=candidate.image_urls[:MOST_URLS],
        page_url=web_link(candidate.page_url),
        source_id=plain(candidate.source_id),
        title=plain(candidate.title),
        artist_text=plain(candidate.artist_text),
        year_text=plain(candidate.year_text),
        movement=plain(candidate.movement),
        medium=plain(candidate.medium),
        institution=plain(candidate.institution),
        tags=tuple(dict.fromkeys(tag for text in candidate.tags[:MOST_TAGS] if (tag := plain(text, 60)))),
        licence=Licence(
            plain(licence.code, 60) or "unknown",
            web_link(licence.url),
            plain(licence.holder),
            plain(licence.credit),
            licence.attribution_required,
            plain(licence.stated_by),
        ),
        raw=_capped(candidate.raw),
    )


def _capped(raw: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    room = MOST_RAW_BYTES
    for name, value in raw.items():
        name, value = plain(name) or "", plain(value, 1000) or ""
        room -= len(name.encode()) + len(value.encode())
        if room < 0:
            break
        if name and value:
            kept[name] = value
    return kept


def record_of(picture: Picture, sighting: Sighting) -> ArtworkRecord:
    """Return the record of a picture seen for the first time."""
    empty = ArtworkRecord(picture, "", "", None, None, None, None, (), Licence(), (), sighting.fetched_at)
    return replace(_with_facts(empty, (sighting,)), revision=1)


def merged(record: ArtworkRecord, sighting: Sighting) -> ArtworkRecord:
    """Return the record with one more sighting; itself, unchanged, when the sighting says nothing new.

    A sighting of the same place replaces the earlier one, so that a corrected title comes through.
    """
    sightings = list(record.sightings)
    for at, known in enumerate(sightings):
        if _place(known) == _place(sighting):
            if _said(known) == _said(sighting):
                return record
            sightings[at] = sighting
            break
    else:
        sightings.append(sighting)
    return replace(_with_facts(record, tuple(sightings)), revision=record.revision + 1)


def _place(sighting: Sighting) -> tuple[str, str, str | None]:
    return sighting.candidate.source, sighting.fetched_url, sighting.candidate.page_url


def _said(sighting: Sighting) -> tuple[object, ...]:
    # Where in a list a picture stood, and with what around it, is no news.
    return replace(sighting.candidate, rank=0, raw={}, image_urls=()), sighting.artist_match


def _standing(sighting: Sighting) -> tuple[int, int, str, str]:
    candidate = sighting.candidate
    return _TRUST[sighting.artist_match], candidate.rank, sighting.fetched_url, candidate.page_url or ""


def _with_facts(record: ArtworkRecord, sightings: tuple[Sighting, ...]) -> ArtworkRecord:
    """Return the record with what the sightings say of it: the most trusted first, then the highest in rank.

    All but `added_at` and `revision` then depend on which sightings there are, not on which came first.
    """
    trusted = tuple(sorted(sightings, key=_standing))
    said = [sighting.candidate for sighting in trusted]
    licences = [candidate.licence for candidate in said]
    return replace(
        record,
        artist=_first(candidate.query for candidate in said) or "",
        title=_first(candidate.title for candidate in said) or title_from(trusted[0].fetched_url),
        year=next((year for candidate in said if (year := year_of(candidate.year_text)) is not None), None),
        movement=_first(candidate.movement for candidate in said),
        medium=_first(candidate.medium for candidate in said),
        institution=_first(candidate.institution for candidate in said),
        tags=tuple(dict.fromkeys(tag for candidate in said for tag in candidate.tags)),
        licence=next((licence for licence in licences if licence.code != "unknown"), licences[0]),
        sightings=trusted,
    )


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)
