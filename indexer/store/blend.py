"""A mix of lenses as one query: what is near in any of them, scored by its cosines in all."""

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.store.model import Vector

_LEAST = 256


@dataclass(frozen=True, slots=True)
class Blend:
    """A stored point, by its id, or vectors (lens -> width), and how much each lens counts (shares of 1).

    The score is the weighted mean of the cosines. Asked of both engines in two stages: the nearest of each
    lens are gathered, then every lens scores all of them, so that no work is short of a cosine.
    """

    point: str | Mapping[str, Vector]
    shares: Mapping[str, float]

    def breadth(self, reach: int) -> int:
        """Return how many of each lens to gather for results as deep as `reach`."""
        return max(_LEAST, 2 * reach)


def shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights as shares of 1, without lenses of weight 0; raise ValueError for negative ones or none at all."""
    if any(weight < 0 for weight in weights.values()) or not sum(weights.values()) > 0:
        raise ValueError(f"a mix needs weights of 0 or more, and one above it: {dict(weights)}")
    total = sum(weights.values())
    return {lens: weight / total for lens, weight in weights.items() if weight > 0}
