"""What visitors are told of artists: a file written from the database, so that their pages never ask it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gallery.db import Database
from gallery.models.artists import Artist, all_artists
from scraper.disk import whole_file
from scraper.fresh import FreshFile


@dataclass(frozen=True, slots=True)
class ArtistFacts:
    """An artist's facts as the page of their works shows them."""

    name: str
    aliases: tuple[str, ...] = ()
    born: int | None = None
    died: int | None = None
    nationality: str | None = None
    movements: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    wikidata: str | None = None
    wikipedia_url: str | None = None
    biography: str | None = None
    biography_source: str | None = None


_NAMES = tuple(ArtistFacts.__dataclass_fields__)


def write_facts(database: Database, path: Path) -> None:
    """Write the facts of all artists anew, whole or not at all; raises OSError."""
    with database.reading() as session:
        told = {artist.slug: _told(artist) for artist in all_artists(session)}
    content = json.dumps(told, ensure_ascii=False).encode()
    with whole_file(path) as file:
        file.write(content)


def _told(artist: Artist) -> dict[str, Any]:
    facts = ArtistFacts(**{name: getattr(artist, name) for name in _NAMES})
    return {name: value for name, value in asdict(facts).items() if value not in (None, (), [])}


class FactsFile:
    """The facts, read again when the file has been changed."""

    def __init__(self, path: Path) -> None:
        self._file = FreshFile(path, _read)

    def of(self, artist: str) -> ArtistFacts | None:
        """Return what is told of an artist, by slug; None where nothing is, or the file is not to be had."""
        return self.all().get(artist)

    def all(self) -> Mapping[str, ArtistFacts]:
        """Return what is told of all artists, by slug; nothing where the file is not to be had."""
        try:
            return self._file.now() or {}
        except OSError:
            return {}


def _read(path: Path) -> Mapping[str, ArtistFacts]:
    told: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
    return {slug: ArtistFacts(**_with_tuples(facts)) for slug, facts in told.items()}


def _with_tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
