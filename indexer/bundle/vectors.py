"""The vectors of a bundle, a block at a time: they need not fit into memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Vector

NAME = "vectors.npy"
_BLOCK = 1_000


def write_vectors(path: Path, store: ArtworkStore, works: Sequence[Artwork], lens: str) -> None:
    """Write a row for each work, in their order, as numpy reads them; raises what the store raises."""
    if not works:
        np.save(path, np.empty((0, 0), np.float32))
        return
    width = store.vectors([works[0].id], lens=lens).shape[1]
    whole = np.lib.format.open_memmap(path, "w+", np.float32, (len(works), width))
    for start in range(0, len(works), _BLOCK):
        block = works[start : start + _BLOCK]
        whole[start : start + len(block)] = store.vectors([work.id for work in block], lens=lens)
    whole.flush()


def blocks(vectors: Vector) -> Iterator[Vector]:
    """Yield the rows of an array on disk, some at a time."""
    for start in range(0, len(vectors), _BLOCK):
        yield np.ascontiguousarray(vectors[start : start + _BLOCK])
