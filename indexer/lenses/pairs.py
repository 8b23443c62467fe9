"""How alike works are in each lens, by pairs drawn by lot: what a cosine means there, and in any mix of lenses."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.likeness import FEWEST, Scale, pairs_among, scale_of_pairs
from indexer.store.blend import shares_of
from indexer.store.model import Vector
from scraper.disk import whole_file

SAMPLE = 1_000
"""Works whose pairs are kept: half a million cosines in each lens, 1 MB."""

_FILE, _IN = "pairs.npz", "in_"


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Cosines of the same pairs of works in each lens; `statistics` names what made the vectors, of so many `works`."""

    statistics: str
    works: int
    cosines: Mapping[str, NDArray[np.float16]]

    @property
    def lenses(self) -> frozenset[str]:
        """The lenses that works are compared in."""
        return frozenset(self.cosines)

    @property
    def size(self) -> int:
        """How many pairs there are."""
        return len(next(iter(self.cosines.values())))

    def scale(self, weights: Mapping[str, float]) -> Scale | None:
        """Return what a weighted mean of cosines means here, None where there are too few works to tell."""
        return _scale(self, tuple(shares_of(weights).items()))


@lru_cache(maxsize=32)
def _scale(pairs: Pairs, shares: tuple[tuple[str, float], ...]) -> Scale | None:
    mixed: Vector = np.zeros(pairs.size, np.float32)
    for lens, share in shares:
        mixed += np.float32(share) * pairs.cosines[lens]
    return scale_of_pairs(mixed) if len(mixed) >= FEWEST * (FEWEST - 1) // 2 else None


def pairs_of(statistics: str, works: int, vectors: Mapping[str, Vector]) -> Pairs:
    """Return the pairs among a sample's vectors (lens -> n x width) of a collection of so many works."""
    cosines = {lens: pairs_among(rows).astype(np.float16) for lens, rows in vectors.items()}
    return Pairs(statistics, works, cosines)


def pairs_file(folder: Path) -> Path:
    """Return where a collection's pairs lie in its folder of statistics."""
    return folder / _FILE


def save_pairs(path: Path, pairs: Pairs) -> None:
    """Write pairs, whole or not at all; raises OSError."""
    cosines: dict[str, Any] = {f"{_IN}{lens}": numbers for lens, numbers in pairs.cosines.items()}
    with whole_file(path) as file:
        np.savez(file, statistics=pairs.statistics, works=pairs.works, **cosines)


def load_pairs(path: Path) -> Pairs | None:
    """Return the pairs that a file holds, None if it is damaged: they are then measured anew; raises OSError."""
    content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as parts:
            cosines = {name.removeprefix(_IN): parts[name] for name in parts.files if name.startswith(_IN)}
            return Pairs(str(parts["statistics"]), int(parts["works"]), cosines)
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None
