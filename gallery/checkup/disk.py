"""The data folder: can it be written, and is there room?"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gallery.checkup.finding import Case, Finding, fault, note, ok

GIGABYTE = 1e9


def look(case: Case) -> Iterator[Finding]:
    """Write a file where the data goes and compare free space with what is to be kept free."""
    settings = case.scraper
    folder = settings.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        yield fault(f"{there} is in the way: it is no folder", "Move it, or set GALLERY_DATA_DIR to another place.")
        return
    free = shutil.disk_usage(there).free / GIGABYTE
    if problem := _unwritable(there):
        yield fault(
            f"{there}: {problem}", "Give this user the right to write there, or set GALLERY_DATA_DIR to another place."
        )
    elif free <= settings.keep_free_gb:
        yield fault(
            f"{there}: {free:.1f} GB free, and {settings.keep_free_gb:g} GB are to stay free",
            "Make room, set GALLERY_DATA_DIR to another disk, or lower GALLERY_KEEP_FREE_GB.",
        )
    elif there != folder:
        yield note(
            f"{folder} does not exist yet ({free:.0f} GB free)",
            "The first `gallery scrape` or `gallery import` makes it.",
        )
    else:
        yield ok(f"{folder} can be written, {free:.0f} GB free")


def _unwritable(folder: Path) -> str | None:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"written by gallery doctor")
            file.flush()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None
