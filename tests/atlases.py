"""Maps for tests: one made up, and the one that is kept."""

import numpy as np

from indexer.atlas import file
from indexer.atlas.grid import settle, side_for, within
from indexer.atlas.keeping import MapHome
from indexer.atlas.model import Atlas


def some(works: int, seed: int = 0) -> Atlas:
    points = within(np.random.default_rng(seed).normal(size=(works, 2)))
    side = side_for(works)
    hashes = tuple(f"{number:064x}" for number in range(works))
    return Atlas(side, hashes, settle(points, side), points, works)


def some_map(home: MapHome) -> Atlas:
    atlas = file.read(home.file)
    assert atlas is not None
    return atlas
