"""What somebody likes and dislikes, as one query, and what the engines' score of it means."""

from dataclasses import dataclass

import numpy as np

from indexer.store.model import Vector


@dataclass(frozen=True, slots=True)
class Taste:
    """Vectors of liked and of disliked works, n x width each; one of them may be empty.

    The engines rank by their "best score": a work counts as near as the nearest liked one. On 2,400
    paintings that found more of the liked artists than the mean of the likes when these were of two
    or three artists (0.44 and 0.29 of the first 24 for three by three), and nearly as many for one.
    """

    likes: Vector
    dislikes: Vector

    def threshold(self, least: float | None) -> float | None:
        """Return the engine's score that stands for a least cosine; works nearer to a dislike are cut off."""
        if len(self.likes):
            return _squash(-1.0 if least is None else least)
        return None if least is None else -_squash(-least)

    def cosine(self, score: float) -> float:
        """Return the cosine to the nearest like; where only dislikes count, the negative one to the nearest of them."""
        return _stretch(score) if len(self.likes) else -_stretch(-score)

    @property
    def direction(self) -> Vector:
        """The way to go as one vector: the mean of the likes, led away from that of the dislikes (Rocchio)."""
        likes, dislikes = (rows.sum(axis=0) / max(1, len(rows)) for rows in (self.likes, self.dislikes))
        found: Vector = np.asarray(2 * likes - dislikes, np.float32)
        return found


def _squash(cosine: float) -> float:
    # As Qdrant squashes similarities of a best-score query, so that those of likes and dislikes don't mix.
    return 0.5 * (cosine / (1 + abs(cosine)) + 1)


def _stretch(score: float) -> float:
    ratio = 2 * score - 1
    return ratio / (1 - abs(ratio))
