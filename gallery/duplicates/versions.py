"""What visitors are told of versions of a work: a file written from the database, so that their pages never ask it."""

import json
from pathlib import Path
from typing import NamedTuple

from gallery.db import Database
from gallery.models.duplicates import all_versions
from scraper.disk import whole_file
from scraper.fresh import FreshFile

RELATIONS = {
    "same-work": "The same work, another photograph",
    "variant": "Variant, study or copy after it",
    "detail": "Detail, or what it is a detail of",
}


class Version(NamedTuple):
    """Another version of a work, by sha256, and what it is to it."""

    sha256: str
    relation: str


def write_versions(database: Database, path: Path) -> None:
    """Write anew which works are versions of which, whole or not at all; raises OSError."""
    told: dict[str, list[list[str]]] = {}
    with database.reading() as session:
        for one, other, verdict in all_versions(session):
            told.setdefault(one, []).append([other, verdict])
            told.setdefault(other, []).append([one, verdict])
    with whole_file(path) as file:
        file.write(json.dumps(told).encode())


class Versions:
    """The file, read again when it has been changed."""

    def __init__(self, path: Path) -> None:
        self._file: FreshFile[dict[str, list[list[str]]]] = FreshFile(path, lambda file: json.loads(file.read_bytes()))

    def of(self, sha256: str) -> list[Version]:
        """Return the versions of a work; none where nothing was ever decided."""
        told = self._file.now() or {}
        return [Version(other, RELATIONS[verdict]) for other, verdict in told.get(sha256, ())]
