"""Which artists are alike, judged by all their works instead of by the mean of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.store.model import Vector

# Rows multiplied at a time: many enough to be fast, few enough to take little memory (10 MB for 5,000 works).
_BLOCK = 512


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
    if not artists:
        return
    order = np.concatenate([np.asarray(rows[artist]) for artist in artists])
    held = vectors[order]
    starts = np.cumsum([0] + [len(rows[artist]) for artist in artists])
    toward = _best(held, starts)
    both = (toward + toward.T) / 2
    for at, artist in enumerate(artists):
        nearest = [other for other in np.argsort(-both[at], kind="stable") if other != at][:most]
        yield artist, [_tied(held, order, starts, at, other, artists[other], both[at, other]) for other in nearest]


def _best(held: Vector, starts: np.ndarray) -> np.ndarray:
    # From each artist to each other: the mean over the one's works of the best match among the other's.
    best = np.empty((len(held), len(starts) - 1), dtype=np.float32)
    for begin in range(0, len(held), _BLOCK):
        cosines = held[begin : begin + _BLOCK] @ held.T
        best[begin : begin + _BLOCK] = np.maximum.reduceat(cosines, starts[:-1], axis=1)
    toward: np.ndarray = np.add.reduceat(best, starts[:-1], axis=0) / np.diff(starts)[:, np.newaxis]
    return toward


def _tied(
    held: Vector, order: np.ndarray, starts: np.ndarray, at: int, other: int, artist: str, likeness: float
) -> Kin:
    cosines = held[starts[at] : starts[at + 1]] @ held[starts[other] : starts[other + 1]].T
    ours, theirs = np.unravel_index(int(cosines.argmax()), cosines.shape)
    return Kin(artist, float(likeness), int(order[starts[at] + ours]), int(order[starts[other] + theirs]))
