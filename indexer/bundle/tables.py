"""The tables of a bundle."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from indexer.store.model import Artwork

COLUMNS = (
    *("id", "file", "title", "artist", "year", "movement", "medium", "institution", "tags", "cluster", "seen"),
    *("licence", "licence_url", "holder", "credit", "source", "page_url", "artist_match"),
    *("width", "height", "format", "sha256"),
)
WITHHELD = ("id", "title", "artist", "licence", "page_url", "reason")


def work_row(work: Artwork, file: str) -> list[object]:
    """Return what `works.csv` says of a work whose picture is `file`; lists have a semicolon between their values."""
    own = {
        "file": file,
        "tags": "; ".join(work.keywords),
        "seen": "; ".join(f"{word} {probability}" for word, probability in work.seen),
    }
    return [own.get(name, getattr(work, name, None)) for name in COLUMNS]


def withheld_row(work: Artwork, reason: str) -> list[object]:
    """Return what `withheld.csv` says of a work that is not packed."""
    return [work.id, work.title, work.artist, work.licence, work.page_url, reason]


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file, UTF-8, in which no text is taken for a formula by a program of tables."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        table.writerows([harmless(value) for value in row] for row in rows)


def harmless(value: object) -> object:
    """Return a text that begins like a formula with an apostrophe before it, and anything else as it is.

    NUL is left out, for no reader of CSV expects it.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text
