"""Choosing from candidates so that what is shown is close and yet not all the same."""

from collections.abc import Sequence

import numpy as np

from indexer.store.model import Vector


def varied(scores: Sequence[float], vectors: Vector, wanted: int, *, weight: float = 0.6) -> list[int]:
    """Return which candidates to show, in order: maximal marginal relevance (Carbonell and Goldstein 1998).

    `vectors` (n x width, unit length) belong to the `scores`; each next one has the largest `weight` times its
    score less 1 - `weight` times its cosine to the nearest already chosen. A weight of 1 is the order of scores.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"the weight of closeness is between 0 and 1, not {weight}")
    worth = np.asarray(scores, dtype=np.float64)
    near = np.full(len(worth), -np.inf)
    left = np.ones(len(worth), dtype=bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < wanted:
        gain = weight * worth - (1 - weight) * (near if chosen else 0.0)
        best = int(np.argmax(np.where(left, gain, -np.inf)))
        chosen.append(best)
        left[best] = False
        near = np.maximum(near, vectors @ vectors[best])
    return chosen
