"""The picture of a held work, which has no thumbnails: a copy of one, kept apart from those that pages can show."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from gallery.holdings.house import House
from indexer.thumbnails import SIZES, thumbnail_path
from scraper.disk import whole_file

_SIZE = 960
"""Longest side in pixels; of a smaller picture the largest thumbnail there is."""


def path_of(house: House, sha256: str) -> Path:
    """Return where the picture of a held work lies."""
    return house.held_pictures / f"{sha256}.webp"


def keep_picture(house: House, sha256: str) -> None:
    """Copy a thumbnail before all of them go; raises OSError. Without any there is nothing to keep."""
    sizes = [size for size in SIZES if size <= _SIZE]
    found = next((path for size in reversed(sizes) if (path := _thumbnail(house, sha256, size)).is_file()), None)
    if found is not None:
        with whole_file(path_of(house, sha256), lasting=False) as file, found.open("rb") as thumbnail:
            shutil.copyfileobj(thumbnail, file)


def drop_pictures(house: House, hashes: Iterable[str]) -> None:
    """Remove what was kept of these works."""
    for sha256 in hashes:
        path_of(house, sha256).unlink(missing_ok=True)


def _thumbnail(house: House, sha256: str, size: int) -> Path:
    return thumbnail_path(house.thumbnails, sha256, size)
