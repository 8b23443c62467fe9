"""The records of the scraper: what is wanted, what was found, what was kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ArtistMatch = Literal["exact", "alias", "weak", "none", "not-stated"]
RobotsAnswer = Literal["allowed", "not-asked-api", "not-asked-local", "ignored-by-config"]
Stage = Literal["find", "robots", "guard", "fetch", "decode", "policy", "duplicate"]


@dataclass(frozen=True, slots=True)
class ArtistQuery:
    """What a source is asked for: an artist, or pages and files said to hold works.

    `extra` is added to the name where the whole web is searched, so that portraits of the artist come later.
    """

    artist: str
    aliases: tuple[str, ...] = ()
    limit: int = 100
    pages: tuple[str, ...] = ()
    extra: str = "painting"


@dataclass(frozen=True, slots=True)
class Licence:
    """What is stated about the rights; `code` is an SPDX-like word or "unknown"."""

    code: str = "unknown"
    url: str | None = None
    holder: str | None = None
    credit: str | None = None
    attribution_required: bool | None = None
    stated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One picture a source found, before anything is fetched; all texts are untrusted.

    `image_urls` come best first, later ones are fall-backs; a local source uses `file:` paths in
    `path` instead. `raw` keeps what the source said beyond our fields, 8 KB at most; `opt_outs` are the wishes of
    the page it stands on not to have it collected.
    """

    source: str
    rank: int
    image_urls: tuple[str, ...] = ()
    path: str | None = None
    source_id: str | None = None
    page_url: str | None = None
    title: str | None = None
    artist_text: str | None = None
    year_text: str | None = None
    movement: str | None = None
    medium: str | None = None
    institution: str | None = None
    tags: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    licence: Licence = field(default_factory=Licence)
    query: str = ""
    raw: Mapping[str, str] = field(default_factory=dict)
    opt_outs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """What the decoder says of a file: identity, true format and size in pixels after EXIF rotation.

    `phash` is its perceptual hash (scraper.phash); None for a picture that shows nothing, or was taken in without.
    """

    sha256: str
    bytes: int
    format: str
    mode: str
    width: int
    height: int
    frames: int
    phash: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a picture was seen, with what was said about it there.

    `opt_outs` are wishes not to have it collected, of its page, its site or in its headers, which were passed over
    because the settings say so.
    """

    candidate: Candidate
    artist_match: ArtistMatch
    fetched_url: str
    final_url: str
    http_status: int | None
    content_type: str | None
    fetched_at: datetime
    robots: RobotsAnswer
    scraper_version: str
    stand_in: bool
    opt_outs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArtworkRecord:
    """One artwork of the library: its picture, its facts and every place it was seen.

    `added_at` is when the picture first came in (UTC); `revision` grows with each change, so that a
    collection made from an older record can tell that it is out of date.
    """

    picture: Picture
    artist: str
    title: str
    year: int | None
    movement: str | None
    medium: str | None
    institution: str | None
    tags: tuple[str, ...]
    licence: Licence
    sightings: tuple[Sighting, ...]
    added_at: datetime
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Copy:
    """A picture of which a larger copy, `of`, was found later; `record` is as it was when it stood for itself."""

    of: str
    record: ArtworkRecord


@dataclass(frozen=True, slots=True)
class Skip:
    """A candidate that was not kept, and why."""

    url: str
    stage: Stage
    reason: str
    detail: str = ""
    tries: int = 1
