"""What a cosine means in one collection: how many pairs of its works are less alike, and a word for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Vector

FEWEST = 30
"""Works below which nothing can be said of the collection."""

KINDRED, NEAR = 0.99, 0.999
"""Shares of all pairs that are less alike than kindred works, and than near ones."""

FEWEST_JUDGED = 50
"""Pairs that people must have judged on each side of a band's edge before it goes by them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Cosines from which people call two works the same, or versions of one; None where too few were judged.

    `judged` is how many pairs were.
    """

    same: float | None
    version: float | None
    judged: int


def limits_of(same: Vector, versions: Vector, different: Vector) -> Limits:
    """Return where the upper bands begin, by the cosines of pairs that people called the same, versions, different."""
    edge = parted(same, np.concatenate([versions, different]))
    version = parted(np.concatenate([same, versions]), different)
    if edge is not None and version is not None:
        version = min(version, edge)
    return Limits(edge, version, len(same) + len(versions) + len(different))


def parted(above: Vector, below: Vector) -> float | None:
    """Return the cosine that parts two sets of pairs best: the mean of the shares on the right sides is largest.

    Of several, the highest: rather too little is claimed. None if either has fewer than `FEWEST_JUDGED`.
    """
    if min(len(above), len(below)) < FEWEST_JUDGED:
        return None
    cosines = np.unique(np.concatenate([above, below]).astype(np.float64))
    # Below the least and above the greatest nothing is parted; in between, halfway from one to the next.
    edges = np.concatenate([cosines[:1], (cosines[:-1] + cosines[1:]) / 2])
    held = 1 - np.searchsorted(np.sort(above), edges) / len(above)
    kept_out = np.searchsorted(np.sort(below), edges) / len(below)
    right = held + kept_out
    return float(edges[np.flatnonzero(right >= right.max() - 1e-12)[-1]])


@dataclass(frozen=True, slots=True)
class Scale:
    """Cosines of pairs of works, rising, each with the share of all pairs below it."""

    cosines: Vector
    shares: Vector
    limits: Limits | None = None

    def share_below(self, cosine: float) -> float:
        """Return which share of all pairs is less alike than this, 0 to 1."""
        return float(np.interp(cosine, self.cosines, self.shares, left=0.0, right=1.0))

    def cosine_at(self, share: float) -> float:
        """Return the cosine that this share of all pairs stays below."""
        return float(np.interp(share, self.shares, self.cosines))

    @property
    def cut(self) -> float:
        """The cosine below which two works are not close: where kindred begins."""
        return self.cosine_at(KINDRED)

    def band(self, cosine: float) -> str:
        """Return "same", "version", "near", "kindred" or "apart"."""
        return next((word for word, least in self.begins.items() if cosine >= least), "apart")

    @property
    def begins(self) -> dict[str, float]:
        """The cosine at which each band begins, the closest first.

        The upper two go by what people said of pairs, as far as enough were judged. Else they begin halfway, and
        nine tenths of the way, from the closest pairs (one in ten thousand) to 1: of 2,397 paintings by 30 painters
        that is 0.90 and 0.98, and the one pair between the two was two versions of a painting, the pairs right
        below merely alike.
        """
        closest = self.cosine_at(0.9999)
        same, version = closest + 0.9 * (1 - closest), closest + 0.5 * (1 - closest)
        said = self.limits or Limits(None, None, 0)
        if said.version is not None:
            version = said.version
            same = max(same, version)
        if said.same is not None:
            same = said.same
            version = min(version, same)
        return {"same": same, "version": version, "near": self.cosine_at(NEAR), "kindred": self.cut}


def scale_of(vectors: Vector) -> Scale | None:
    """Return the scale of a random sample of works (n x width), None if they are fewer than `FEWEST`."""
    return scale_of_pairs(pairs_among(vectors)) if len(vectors) >= FEWEST else None


def pairs_among(vectors: Vector) -> Vector:
    """Return the cosine of each pair of works (n x width), n * (n - 1) / 2."""
    unit = unit_rows(vectors)
    found: Vector = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
    return found


def scale_of_pairs(cosines: Vector) -> Scale:
    """Return the scale that cosines of pairs of works make."""
    # Fine where it matters: among the closest pairs, down to one in all of them.
    tail = 1 - np.geomspace(0.01, 1 / len(cosines), 200)
    shares = np.concatenate([np.linspace(0, 0.99, 100), tail[1:]]).astype(np.float64)
    return Scale(np.quantile(cosines, shares).astype(np.float32), shares.astype(np.float32))


def unit_rows(vectors: Vector, out: Vector | None = None) -> Vector:
    """Return vectors of unit length, n x width; one of zeros stays as it is. `out` is where they go."""
    rows: Vector = np.divide(vectors, np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), out=out)
    return rows


def unit_vectors(store: ArtworkStore, ids: Sequence[str], *, lens: str = CONTENT) -> Vector:
    """Return stored vectors of exactly unit length, n x width: the store keeps them rounded."""
    vectors = store.vectors(ids, lens=lens)
    return unit_rows(vectors, out=vectors)
