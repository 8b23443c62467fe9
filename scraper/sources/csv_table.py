"""Tables of works: a CSV file with a row per picture, which lies beside it (`file`) or somewhere on the web (`url`).

Columns, all but one of `file` and `url` optional: file, url, artist, title, year, movement, medium, institution, tags
(separated by ;), licence, licence_url, credit, holder, page_url. Whatever else a table has is kept as it is.
"""

import csv
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, TextIO

from scraper.errors import ConfigError
from scraper.licences import licence_of
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources import Reach

DELIMITERS = ",;\t"
_KNOWN = {"file", "url", "artist", "title", "year", "movement", "medium", "institution", "tags", "page_url"}
_RIGHTS = {"licence", "license", "licence_url", "license_url", "credit", "holder"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of the line it begins on, and its cells by lower-case column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class CsvTable:
    """The works of one or more tables; the pages of the query are their paths.

    `licence` is for rows that state none.
    """

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "A CSV table"
    local: ClassVar[bool] = True

    licence: Licence = Licence()

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield a candidate per row; a row that cannot be used is a `Skip` naming its line."""
        rank = 0
        for page in query.pages:
            table = Path(page)
            for row in read_table(table, ("file", "url")):
                if isinstance(row, Skip):
                    yield row
                    continue
                rank += 1
                yield self._candidate(table, row, rank)

    def _candidate(self, table: Path, row: Row, rank: int) -> Candidate | Skip:
        found = replace(candidate_from(row.cells, self.name, self.licence), rank=rank)
        if not row.cells.get("file"):
            return replace(found, source_id=row.cells["url"], image_urls=(row.cells["url"],))
        path = inside(table.parent, row.cells["file"])
        if isinstance(path, str):
            return Skip(f"{table}:{row.line}", "guard", "outside", f"line {row.line}: {path}")
        if not path.is_file():
            return bad_row(table, row.line, f"there is no file {row.cells['file']}")
        return replace(found, source_id=row.cells["file"], path=str(path))


SOURCE = CsvTable


def read_table(path: Path, one_of: tuple[str, ...]) -> Iterator[Row | Skip]:
    """Yield the rows of a table, a `Skip` for each that cannot be used.

    A row needs a value in one of the columns `one_of`. Commas, semicolons and tabs between cells are told apart.
    Raises `ConfigError` when the file is no such table at all.
    """
    remedy = f"It must be a UTF-8 CSV file whose first line names its columns, among them {' or '.join(one_of)}."
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(path, file, one_of)
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"not UTF-8 text (byte {error.start:,})", remedy) from error
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", remedy) from error
    except _NoTable as problem:
        raise ConfigError(str(path), str(problem), remedy) from problem


class _NoTable(Exception):
    """The first line names no usable columns."""


def _rows(path: Path, file: TextIO, one_of: tuple[str, ...]) -> Iterator[Row | Skip]:
    first = file.readline()
    file.seek(0)
    reader = csv.reader(file, delimiter=max(DELIMITERS, key=first.count))
    columns = _columns(reader, one_of)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield bad_row(path, line, str(error))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        row = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}
        if len(cells) > len(columns):
            yield bad_row(path, line, f"{len(cells)} cells for {len(columns)} columns; a cell with commas needs quotes")
        elif not any(row.get(column) for column in one_of):
            yield bad_row(path, line, f"no {' or '.join(one_of)}")
        else:
            yield Row(line, row)


def _columns(reader: Iterator[list[str]], one_of: tuple[str, ...]) -> list[str]:
    try:
        columns = [cell.strip().casefold() for cell in next(reader, [])]
    except csv.Error as error:
        raise _NoTable(str(error)) from error
    if not set(one_of) & set(columns):
        raise _NoTable(f"no column {' or '.join(one_of)}")
    if len(set(columns)) < len(columns):
        raise _NoTable("two columns have the same name")
    return columns


def bad_row(table: Path, line: int, problem: str) -> Skip:
    """Return the report of a row that cannot be used."""
    return Skip(f"{table}:{line}", "find", "bad-row", f"line {line}: {problem}")


def inside(root: Path, name: str) -> Path | str:
    """Return the path of `name` below `root` with links followed, or why it may not be used."""
    try:
        path = (root / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        return f"{name!r} is not a usable path ({error})"
    return path if path.is_relative_to(root.resolve()) else f"{name} leads out of {root}"


def stated_licence(said: str, by: str) -> Licence:
    """Return the licence somebody names by a code, a common name or an address; other words are kept as they are."""
    licence = licence_of(said, by)
    return replace(licence, code=said, credit=None) if licence.code == "unknown" and not licence.url else licence


def candidate_from(cells: Mapping[str, str], source: str, licence: Licence) -> Candidate:
    """Return what a row, or a file of facts beside a picture, says of a work; `licence` fills what is not stated."""
    rights = licence
    if said := cells.get("licence") or cells.get("license"):
        rights = stated_licence(said, source)
    link = cells.get("licence_url") or cells.get("license_url")
    rights = replace(
        rights,
        url=link or rights.url,
        credit=cells.get("credit") or licence.credit,
        holder=cells.get("holder") or licence.holder,
    )
    return Candidate(
        source=source,
        rank=0,
        page_url=cells.get("page_url"),
        title=cells.get("title"),
        artist_text=cells.get("artist"),
        year_text=cells.get("year"),
        movement=cells.get("movement"),
        medium=cells.get("medium"),
        institution=cells.get("institution"),
        tags=tuple(tag.strip() for tag in cells.get("tags", "").split(";") if tag.strip()),
        licence=rights,
        raw={column: cell for column, cell in cells.items() if column and column not in _KNOWN | _RIGHTS},
    )
