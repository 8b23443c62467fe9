"""The graph on disk: one record for each work, in the order of their ids; replaced whole or not at all."""

import hashlib
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import ModelCard
from scraper.disk import whole_file

NEIGHBOURS = 15
NOBODY = -1
NO_YEAR = np.iinfo(np.int32).min

# The last of the ties is a bridge, for those works that have one.
RECORD = np.dtype(
    [
        ("high", "<u8"),
        ("low", "<u8"),
        ("year", "<i4"),
        ("near", "<i4", NEIGHBOURS + 1),
        ("far", "<f4", NEIGHBOURS + 1),
    ]
)

Records = NDArray[np.void]


def graph_path(folder: Path, card: ModelCard) -> Path:
    """Return where the graph of a collection lies that was made by this model; another model has another file."""
    mark = hashlib.sha256(f"{card.backbone} {card.weights_sha256} {card.preprocessing}".encode()).hexdigest()
    return folder / f"neighbours-{mark[:12]}.npy"


def halves(work: str) -> tuple[int, int]:
    """Return the id of a work as two numbers of 64 bits."""
    number = UUID(work).int
    return number >> 64, number & (2**64 - 1)


def id_of(record: np.void) -> str:
    """Return the id of a record's work."""
    return str(UUID(int=int(record["high"]) << 64 | int(record["low"])))


def read(path: Path) -> Records | None:
    """Return the graph, mapped and not read; None if there is none, or it is damaged and has to be made anew."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return found if found.dtype == RECORD and found.ndim == 1 else None


def write(path: Path, records: Records) -> None:
    """Put a graph in place of the one before, and remove those of other models; raises OSError, changing nothing."""
    with whole_file(path) as file:
        np.save(file, records, allow_pickle=False)
    for other in path.parent.glob("neighbours-*.npy"):
        if other != path:
            other.unlink(missing_ok=True)
