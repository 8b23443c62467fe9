"""The map's file: read whole, written whole or not at all, changed by one process at a time."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from indexer.atlas.errors import MapDamaged
from indexer.atlas.model import Atlas
from indexer.errors import ExportUnwritable
from scraper.disk import whole_file

_FORM = 1


def read(path: Path) -> Atlas | None:
    """Return the map, None before there is one; raise `MapDamaged` for a file that is not one of ours."""
    try:
        told = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MapDamaged(path, str(error)) from error
    try:
        if told["form"] != _FORM:
            raise MapDamaged(path, f"it has the form {told['form']!r}")
        works = told["works"]
        return Atlas(
            int(told["side"]),
            tuple(work[0] for work in works),
            np.array([work[1:3] for work in works], np.int64).reshape(-1, 2),
            np.array([work[3:5] for work in works], np.float64).reshape(-1, 2),
            int(told["laid_out"]),
            int(told["seed"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise MapDamaged(path, f"{type(error).__name__}: {error}") from error


def write(path: Path, atlas: Atlas) -> None:
    """Put the map in its place; after a power cut the one before is there, or this one. Raises `ExportUnwritable`."""
    works = [
        [sha256, *cell, *(round(each, 5) for each in point)]
        for sha256, cell, point in zip(atlas.hashes, atlas.cells.tolist(), atlas.points.tolist(), strict=True)
    ]
    told = {"form": _FORM, "side": atlas.side, "laid_out": atlas.laid_out, "seed": atlas.seed, "works": works}
    try:
        with whole_file(path) as file:
            file.write(json.dumps(told, separators=(",", ":")).encode())
    except OSError as error:
        raise ExportUnwritable(path, error.strerror or str(error)) from error


def revise(path: Path, change: Callable[[Atlas | None], Atlas | None]) -> Atlas | None:
    """Change the map while nobody else does, and return what it is then; None from `change` leaves it as it is."""
    with _alone(path):
        before = read_or_none(path)
        after = change(before)
        if after is None or after is before:
            return before
        write(path, after)
        return after


def read_or_none(path: Path) -> Atlas | None:
    """Return the map, None if there is none that can be read: it is then made anew."""
    try:
        return read(path)
    except MapDamaged:
        return None


def places_on(path: Path) -> dict[str, tuple[float, float]]:
    """Return where works are on the map, 0 to 1 from the upper left, by their sha256; nothing before there is one."""
    atlas = read_or_none(path)
    return {one: (x, y) for one, (x, y) in zip(atlas.hashes, atlas.points.tolist(), strict=True)} if atlas else {}


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("w")
    except OSError as error:
        raise ExportUnwritable(path, error.strerror or str(error)) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
