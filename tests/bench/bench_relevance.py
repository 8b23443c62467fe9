"""How many works are held: of an artist's own and of others, by how many there are to compare with.

Reads the collection that GALLERY_DATA_DIR names; the README's figures are those of 2,397 paintings with ResNet-50.
"""

from contextlib import closing
from itertools import product

import numpy as np
import pytest

from gallery.settings import GallerySettings
from indexer.errors import StoreMissing
from indexer.relevance import Strictness, judge
from indexer.store import open_store
from indexer.store.model import CONTENT, Vector

KNOWN, ENOUGH, OTHERS, DRAWS = (8, 20, 64), 64, 60, 6
MOST_HELD = 0.02
LEVELS: tuple[Strictness, ...] = ("lenient", "usual", "strict")


@pytest.fixture(scope="module")
def artists() -> dict[str, Vector]:
    """Vectors by artist, of artists with works enough."""
    try:
        with closing(open_store(GallerySettings())) as store:
            works = [work for batch in store.scan() for work in batch]
            vectors = store.vectors([work.id for work in works], lens=CONTENT)
    except StoreMissing:
        pytest.skip("GALLERY_DATA_DIR names no collection")
    names = np.array([work.artist_slug for work in works])
    found = {name: vectors[names == name] for name in sorted(set(names))}
    found = {name: rows for name, rows in found.items() if len(rows) >= ENOUGH + 10}
    if len(found) < 10:
        pytest.skip(f"fewer than 10 artists with {ENOUGH + 10} works each")
    return found


@pytest.mark.parametrize("strictness", LEVELS)
def test_few_of_an_artists_own_works_are_held(artists: dict[str, Vector], strictness: Strictness) -> None:
    everything = np.concatenate([*artists.values()])
    names = np.repeat([*artists], [len(rows) for rows in artists.values()])
    print()
    for known in KNOWN:
        own, others = list[bool](), list[bool]()
        for seed, (name, rows) in product(range(DRAWS), artists.items()):
            random = np.random.default_rng([seed, len(rows)])
            mixed = random.permutation(rows)
            strangers = everything[random.choice(np.flatnonzero(names != name), OTHERS, replace=False)]
            own += far(mixed[known : known + 40], mixed[:known], strictness)
            others += far(strangers, mixed[:known], strictness)
        print(f"{strictness}, {known} to compare with: {np.mean(own):.1%} of own, {np.mean(others):.0%} of others held")
        assert strictness == "strict" or np.mean(own) <= MOST_HELD


def far(new: Vector, known: Vector, strictness: Strictness) -> list[bool]:
    """Return which are held; all are judged."""
    return [judged is not None and judged.far for judged in judge(new, known, strictness)]
