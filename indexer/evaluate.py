"""How well neighbours agree on a field: precision and average precision by exact cosine, without an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.likeness import unit_rows, unit_vectors
from indexer.store import ArtworkStore
from indexer.store.blend import shares_of
from indexer.store.model import CONTENT, Vector

FIELDS = ("artist", "movement", "year", "medium", "institution", "licence", "source")
"""Payload fields with one value per artwork, which neighbours can agree on."""

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the nearest artworks share a value, as means over `queries` of `artworks`.

    `at_1` and `at_10` are the share among the first 1 and 10, `mean_average_precision` is over the whole ranking.
    """

    artworks: int
    queries: int
    at_1: float
    at_10: float
    mean_average_precision: float

    def __str__(self) -> str:
        return f"P@1 {self.at_1:.3f}  P@10 {self.at_10:.3f}  mAP {self.mean_average_precision:.3f}"


def evaluate(store: ArtworkStore, field: str, *, lens: str | Mapping[str, float] = CONTENT) -> Agreement:
    """Measure a payload field over all artworks that have it, in a lens or a mix (lens -> weight).

    Raise `StoreMissing` if there is no collection, `UnknownLens`, and `NoVector` if a work is still without one.
    """
    known = [(work.id, str(value)) for batch in store.scan() for work in batch if (value := getattr(work, field))]
    ids = [artwork_id for artwork_id, _ in known]
    if not ids:
        return Agreement(0, 0, 0.0, 0.0, 0.0)
    shares = {lens: 1.0} if isinstance(lens, str) else shares_of(lens)
    # The cosine of unit vectors side by side, each as long as the root of its share, is the mix of their cosines.
    parts = [share**0.5 * unit_vectors(store, ids, lens=each) for each, share in shares.items()]
    return agreement(np.concatenate(parts, axis=1), [value for _, value in known])


def agreement(vectors: Vector, labels: Sequence[str]) -> Agreement:
    """Measure how well neighbours among `vectors` (n x width) agree in their labels.

    A vector whose label no other one has is never a query: it could not be answered.
    """
    names, codes, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    queries = np.flatnonzero(counts[codes] > 1)
    if not len(queries):
        return Agreement(len(codes), 0, 0.0, 0.0, 0.0)
    unit = unit_rows(vectors)
    sums = np.zeros(3)
    for start in range(0, len(queries), _BLOCK):
        sums += _block_sums(unit, codes, queries[start : start + _BLOCK])
    at_1, at_10, precision = sums / len(queries)
    return Agreement(len(codes), len(queries), float(at_1), float(at_10), float(precision))


def _block_sums(unit: Vector, codes: NDArray[np.intp], queries: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the sums of P@1, P@10 and average precision over some of the queries."""
    scores = unit[queries] @ unit.T
    scores[np.arange(len(queries)), queries] = -np.inf  # itself comes last, and is cut off
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :-1]
    same = codes[ranked] == codes[queries, None]
    precision = np.cumsum(same, axis=1) / np.arange(1, same.shape[1] + 1)
    average = (precision * same).sum(axis=1) / same.sum(axis=1)
    return np.array([same[:, 0].sum(), same[:, :10].mean(axis=1).sum(), average.sum()])
