"""Folders that are there whole or not at all: built beside their place, then renamed into it."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import ExportRefused, ExportUnwritable
from scraper.disk import flush

_FLUSHES_AT_A_TIME = 16
_LEFT = ".gallery-building"


@contextmanager
def whole_folder(out: Path, marker: str) -> Iterator[Path]:
    """Yield an empty folder that becomes `out` when the block ends well, and is removed otherwise.

    What `out` held is replaced if a file of this name, `marker`, shows that an earlier export made it.
    Raise `ExportRefused` for a place that is something else, `ExportUnwritable` when the disk is full.
    """
    out = Path(os.path.abspath(out))
    _check(out, marker)
    building, before = (out.with_name(f".{out.name}{_LEFT}{end}") for end in ("", "-old"))
    try:
        _sweep(building, before, out)
        building.mkdir(parents=True)
        yield building
        _sync(building)
        _swap(building, before, out)
    except OSError as error:
        raise ExportUnwritable(Path(error.filename or out), error.strerror or str(error)) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _check(out: Path, marker: str) -> None:
    if out.is_dir():
        if any(out.iterdir()) and not (out / marker).is_file():
            raise ExportRefused(out, f"holds something else than such an export (there is no {marker} in it)")
    elif out.exists() or out.is_symlink():
        raise ExportRefused(out, "is not a folder")


def _sweep(building: Path, before: Path, out: Path) -> None:
    """Clear away what a run left behind that was killed; the export it was about to replace is put back."""
    shutil.rmtree(building, ignore_errors=True)
    if before.is_dir() and not out.exists():
        before.rename(out)
    shutil.rmtree(before, ignore_errors=True)


def _swap(building: Path, before: Path, out: Path) -> None:
    if out.exists():
        out.rename(before)
    building.rename(out)
    flush(out.parent)
    shutil.rmtree(before, ignore_errors=True)


def _sync(folder: Path) -> None:
    # Many at a time: one after the other, each would cost a turn of the disk.
    with ThreadPoolExecutor(_FLUSHES_AT_A_TIME) as flushes:
        for place, _, names in os.walk(folder):
            list(flushes.map(flush, [*(Path(place, name) for name in names), Path(place)]))
