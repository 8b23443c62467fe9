"""The files of models: a head by its hash, and beside it what it says of every work."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from indexer.tagging.errors import DamagedHead
from indexer.tagging.head import Head
from scraper.disk import Workspace


@dataclass(frozen=True)
class Scores:
    """What a head says: `probabilities` n x k of the works `ids` and the head's classes."""

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The row of each work."""
        return {work: row for row, work in enumerate(self.ids)}

    def of(self, work: str) -> dict[str, float] | None:
        """Return the probability of each class for a work, None if the head has not seen it."""
        row = self.place.get(work)
        if row is None:
            return None
        return dict(zip(self.classes, self.probabilities[row].tolist(), strict=True))

    def joined(self, ids: Sequence[str], probabilities: NDArray[np.float32], gone: Iterable[str]) -> "Scores":
        """Return the same with more works, and without those that are gone."""
        left = set(gone)
        kept = [row for row, work in enumerate(self.ids) if work not in left]
        both = np.concatenate([self.probabilities[kept], probabilities])
        return Scores((*(self.ids[row] for row in kept), *ids), self.classes, both)


def write_head(folder: Path, head: Head) -> str:
    """Store a head and return its hash; a kill leaves the file whole or absent. Raises `StorageError`."""
    content = head.to_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    with Workspace(folder) as workspace:
        workspace.write([(folder / f"{sha256}.npz", content)])
    return sha256


def read_head(folder: Path, sha256: str) -> Head:
    """Return a stored head; raises `DamagedHead` if it is gone or is not what it was."""
    try:
        content = (folder / f"{sha256}.npz").read_bytes()
    except OSError as error:
        raise DamagedHead(sha256, (error.strerror or str(error)).lower()) from error
    return Head.from_bytes(content, sha256)


def write_scores(folder: Path, sha256: str, scores: Scores) -> None:
    """Store what a head says of all works, in the place of what was there; raises `StorageError`."""
    out = io.BytesIO()
    ids = np.array(scores.ids, "S36")
    np.savez(out, ids=ids, classes=np.array(scores.classes, "U"), probabilities=scores.probabilities)
    with Workspace(folder) as workspace:
        workspace.write([(_scores_path(folder, sha256), out.getvalue())])


def read_scores(folder: Path, sha256: str) -> Scores | None:
    """Return what a head says of all works; None if that is not to be had, for it can be made again."""
    path = _scores_path(folder, sha256)
    try:
        status = path.stat()
        return _read(path, status.st_ino, status.st_mtime_ns)
    except (OSError, BadZipFile, ValueError, KeyError):
        return None


@lru_cache(maxsize=8)
def _read(path: Path, inode: int, changed: int) -> Scores:
    with np.load(path, allow_pickle=False) as file:
        ids = tuple(name.decode() for name in file["ids"].tolist())
        return Scores(ids, tuple(file["classes"].tolist()), file["probabilities"])


def _scores_path(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.scores.npz"
