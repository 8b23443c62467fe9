"""Taking works out of the library: pictures, smaller copies and records go, journals keep what became of them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scraper.disk import LOCK, storage_error
from scraper.errors import DamagedRecord
from scraper.journal import Journal
from scraper.library import Library, read_copy
from scraper.locks import exclusive
from scraper.names import slug
from scraper.withdrawn import Why


def copies_of(library: Library, sha256: str) -> list[str]:
    """Return the smaller copies that a picture stands for; raises nothing, a damaged `.copy` is of nothing."""
    of: dict[str, str] = {}
    for path in library.root.glob("pictures/??/*.copy"):
        with suppress(DamagedRecord, FileNotFoundError):
            of[path.stem] = read_copy(path).of
    found, asked = [], [sha256]
    while asked:
        larger = asked.pop()
        smaller = [copy for copy, original in of.items() if original == larger and copy not in found]
        found += smaller
        asked += smaller
    return found


def clear(library: Library, sha256: str, why: Why) -> None:
    """Remove a work's picture and record and the smaller copies it stands for; its journals say why.

    The record goes last: one that is left behind by a kill says what is still to be removed. Raises `StorageError`.
    """
    gone = [*copies_of(library, sha256), sha256]
    try:
        for journal in _journals(library, sha256):
            _note(journal, gone, why)
        with exclusive(library.root / LOCK):
            for each in gone:
                for path in sorted(_files(library, each), key=lambda path: path.suffix in (".copy", ".json")):
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(library.root, error) from error


def _files(library: Library, sha256: str) -> Iterator[Path]:
    return library.record_path(sha256).parent.glob(f"{sha256}.*")


def _journals(library: Library, sha256: str) -> list[Journal]:
    artists: set[str] = set()
    with suppress(DamagedRecord):
        record = library.get(sha256)
        if record is not None:
            artists = {slug(name) for name in [record.artist, *(seen.candidate.query for seen in record.sightings)]}
    paths = [library.root / "artists" / name / "journal.jsonl" for name in sorted(artists)]
    return [Journal(path) for path in paths if path.exists()]


def _note(journal: Journal, gone: list[str], why: Why) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    given = [entry for entry in journal.entries() if entry.became == "kept" and entry.sha256 in gone]
    journal.add(
        [
            replace(entry, at=now, became="skipped", stage="policy", reason=why, withdrawn=entry.sha256 or "")
            for entry in given
        ]
    )
