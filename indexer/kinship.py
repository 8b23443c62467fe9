"""Which artists are alike, judged by all their works instead of by the mean of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.store.model import Vector


@dataclass(frozen=True, slots=True)
class Kin:
    """An artist like another: the likeness of their sets, and the pair of works (rows) that ties them."""

    artist: str
    likeness: float
    ours: int
    theirs: int


def kin(rows: Mapping[str, Sequence[int]], vectors: Vector, *, most: int = 6) -> Iterator[tuple[str, list[Kin]]]:
    """Yield each artist with those most like them, the likest first.

    `rows` says which vectors (n x width, unit length) are whose. Two artists are as alike as each one's
    works are, in the mean, to the best match among the other's: the mean of both ways, after the modified
    Hausdorff distance (Dubuisson and Jain 1994). A mean of vectors would make whoever painted both portraits
    and landscapes like nobody.
    """
    artists = [artist for artist, own in rows.items() if own]
    order = np.concatenate([np.asarray(rows[artist]) for artist in artists]) if artists else np.empty(0, int)
    held = vectors[order]
    starts = np.cumsum([0] + [len(rows[artist]) for artist in artists])
    toward = np.array([_best(held, starts, at) for at in range(len(artists))])
    both = (toward + toward.T) / 2 if artists else toward
    for at, artist in enumerate(artists):
        nearest = [other for other in np.argsort(-both[at], kind="stable") if other != at][:most]
        yield artist, [_tied(held, order, starts, at, other, artists[other], both[at, other]) for other in nearest]


def _best(held: Vector, starts: np.ndarray, at: int) -> np.ndarray:
    # Mean over one artist's works of the best match among each artist's.
    cosines = held[starts[at] : starts[at + 1]] @ held.T
    best: np.ndarray = np.maximum.reduceat(cosines, starts[:-1], axis=1).mean(axis=0)
    return best


def _tied(
    held: Vector, order: np.ndarray, starts: np.ndarray, at: int, other: int, artist: str, likeness: float
) -> Kin:
    cosines = held[starts[at] : starts[at + 1]] @ held[starts[other] : starts[other + 1]].T
    ours, theirs = np.unravel_index(int(cosines.argmax()), cosines.shape)
    return Kin(artist, float(likeness), int(order[starts[at] + ours]), int(order[starts[other] + theirs]))
