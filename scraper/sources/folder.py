"""Folders of pictures, with what `metadata.csv` and a `.json` file beside a picture say of them."""

import json
import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from scraper.errors import ConfigError, NotFound
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources import Reach
from scraper.sources.csv_table import bad_row, candidate_from, inside, read_table

TABLE = "metadata.csv"
# Such a file is taken for a picture, and reported when its bytes are none we read; others are taken by their bytes.
_PICTURES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .apng .gif .webp .avif .bmp .dib .tif .tiff .heic .heif .jxl .jp2 .psd".split()
)
_NEVER = frozenset({".json", ".csv", ".txt", ".md", ".html", ".pdf", ".part"})
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_LONGEST_FACTS = 2**20


@dataclass(frozen=True)
class Folder:
    """The pictures below one or more folders; the pages of the query are their paths.

    Hidden files are passed over, and so is every link that leads out of the folder. `licence` is for works of which
    nothing else states one.
    """

    name: ClassVar[str] = "folder"
    title: ClassVar[str] = "A folder of pictures"
    local: ClassVar[bool] = True

    licence: Licence = Licence()

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncGenerator[Candidate | Skip, None]:
        """Yield a candidate per picture in the order of their names, and a `Skip` for what cannot be used."""
        rank = 0
        for page in query.pages:
            root = Path(page).resolve()
            if not root.is_dir():
                raise ConfigError(page, "there is no such folder", "Check the path.")
            empty = True
            for found in self._walk(root, root, {}):
                empty = False
                rank += isinstance(found, Candidate)
                yield replace(found, rank=rank) if isinstance(found, Candidate) else found
            if empty:
                raise NotFound(self.name, page, "It holds no JPEG, PNG, GIF, WebP, AVIF, BMP or TIFF file.")

    def _walk(self, root: Path, folder: Path, facts: Mapping[Path, Mapping[str, str]]) -> Iterator[Candidate | Skip]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Skip(str(folder), "find", "unreadable", f"{folder}: {error.strerror}")
            return
        if any(entry.name == TABLE for entry in entries):
            facts = {**facts}
            yield from _read_facts(root, folder / TABLE, facts)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(root, folder / entry.name, facts)
            elif entry.is_symlink() and os.path.isdir(entry.path):
                # One that stays inside leads to what is walked anyway.
                if isinstance(refusal := inside(root, entry.path), str):
                    yield Skip(entry.path, "guard", "outside", refusal)
            elif os.path.isfile(entry.path) and _is_picture(folder / entry.name):
                yield self._candidate(root, folder / entry.name, facts)

    def _candidate(self, root: Path, path: Path, facts: Mapping[Path, Mapping[str, str]]) -> Candidate | Skip:
        real = inside(root, str(path))
        if isinstance(real, str):
            return Skip(str(path), "guard", "outside", real)
        try:
            cells = {**facts.get(real, {}), **_facts_beside(path)}
        except (OSError, ValueError, RecursionError) as error:
            return Skip(str(path), "find", "bad-facts", f"the .json file beside it cannot be used ({error})")
        found = candidate_from(cells, self.name, self.licence)
        return replace(found, path=str(real), source_id=str(path.relative_to(root)))


SOURCE = Folder


def _is_picture(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in _PICTURES or suffix in _NEVER:
        return suffix in _PICTURES
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        # Nothing says that this is a picture.
        return False
    return head.startswith(_MAGIC) or head[4:12] in (b"ftypavif", b"ftypavis") or head[:4] + head[8:] == b"RIFFWEBP"


def _read_facts(root: Path, table: Path, facts: dict[Path, Mapping[str, str]]) -> Iterator[Skip]:
    """Add a table's rows to `facts`, by the path of their picture; yield those that cannot be used."""
    seen: set[Path] = set()
    for row in read_table(table, ("file",)):
        if isinstance(row, Skip):
            yield row
            continue
        path = inside(root, str(table.parent / row.cells["file"]))
        if isinstance(path, str):
            yield Skip(f"{table}:{row.line}", "guard", "outside", f"line {row.line}: {path}")
        elif not path.is_file():
            yield bad_row(table, row.line, f"there is no file {row.cells['file']}")
        elif path in seen:
            yield bad_row(table, row.line, f"{row.cells['file']} has a row already")
        else:
            seen.add(path)
            facts[path] = row.cells


def _facts_beside(path: Path) -> dict[str, str]:
    """Return what `<name>.json` or `<name>.jpg.json` says; raises ValueError when it is not an object of texts."""
    for beside in (path.with_suffix(".json"), path.with_name(path.name + ".json")):
        if beside.is_file() and not beside.is_symlink():
            if beside.stat().st_size > _LONGEST_FACTS:
                raise ValueError("it is larger than 1 MB")
            return _texts(json.loads(beside.read_bytes()))
    return {}


def _texts(said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        raise ValueError("it is not a JSON object")
    cells = {str(name).casefold(): value for name, value in said.items()}
    rights = cells.pop("licence", cells.pop("license", None))
    if isinstance(rights, dict):
        # As in the records of a library, which may be imported into another one.
        cells |= {f"licence_{name}" if name == "url" else name: value for name, value in rights.items()}
        rights = cells.pop("code", None)
    cells["licence"] = rights
    if isinstance(cells.get("tags"), list):
        cells["tags"] = ";".join(str(tag) for tag in cells["tags"])
    return {name: str(value) for name, value in cells.items() if isinstance(value, str | int | float) and value != ""}
