"""The tables of a bundle."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.store.model import Artwork

COLUMNS = (
    *("id", "file", "class", "split", "title", "artist", "year", "movement", "medium", "institution", "tags"),
    *("cluster", "seen", "licence", "licence_url", "holder", "credit", "source", "page_url", "artist_match"),
    *("width", "height", "format", "sha256"),
)
NUMBERS = ("year", "width", "height")
WITHHELD = ("id", "title", "artist", "licence", "page_url", "reason")


@dataclass(frozen=True, slots=True)
class Packed:
    """A work that is packed: its file in the folder (empty without pictures), its class and its side of the split."""

    work: Artwork
    file: str
    label: str
    side: str

    @property
    def facts(self) -> dict[str, object]:
        """What `works.csv` says of it, by column; lists have a semicolon between their values."""
        own = {
            "file": self.file,
            "class": self.label,
            "split": self.side,
            "tags": "; ".join(self.work.keywords),
            "seen": "; ".join(f"{word} {probability}" for word, probability in self.work.seen),
        }
        return {name: own.get(name, getattr(self.work, name, None)) for name in COLUMNS}


def write_table(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
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
