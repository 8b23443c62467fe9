"""How many works are held: of an artist's own and of others, by how many there are to compare with.

Reads the collection that GALLERY_DATA_DIR names; the README's figures are those of 2,397 paintings with ResNet-50.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery.settings import GallerySettings
from indexer.errors import StoreMissing
from indexer.relevance import LENSES, Strictness, judge
from indexer.store import open_store
from indexer.store.model import CONTENT, Vector

KNOWN, ENOUGH, OTHERS, DRAWS = (8, 20, 64), 64, 60, 6
MOST_HELD = 0.02
LEVELS: tuple[Strictness, ...] = ("lenient", "usual", "strict")


@dataclass(frozen=True)
class Collection:
    """The vectors of a collection in each lens, and the rows of each artist with works enough."""

    vectors: Mapping[str, Vector]
    artists: Mapping[str, NDArray[np.int64]]

    def draws(self, known: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Yield rows of works an artist has, of other works of the same, and of works of the others."""
        everything = np.concatenate([*self.artists.values()])
        for seed, rows in product(range(DRAWS), self.artists.values()):
            random = np.random.default_rng([seed, len(rows)])
            mixed = random.permutation(rows)
            strangers = random.choice(np.setdiff1d(everything, rows), OTHERS, replace=False)
            yield mixed[:known], mixed[known : known + 40], strangers

    def far(
        self, new: NDArray[np.int64], known: NDArray[np.int64], lenses: Sequence[str], strictness: Strictness
    ) -> list[bool]:
        """Return which of the new works are held; all are judged."""
        those, these = ({lens: self.vectors[lens][rows] for lens in lenses} for rows in (new, known))
        return [judged is not None and judged.far for judged in judge(those, these, strictness)]


@pytest.fixture(scope="module")
def collection() -> Collection:
    try:
        with closing(open_store(GallerySettings())) as store:
            works = [work for batch in store.scan() for work in batch]
            card = store.stats().card
            there = [lens for lens in LENSES if card and lens in card.widths]
            vectors = {lens: store.vectors([work.id for work in works], lens=lens) for lens in there}
    except StoreMissing:
        pytest.skip("GALLERY_DATA_DIR names no collection")
    names = np.array([work.artist_slug for work in works])
    found = {str(name): np.flatnonzero(names == name) for name in sorted(set(names))}
    found = {name: rows for name, rows in found.items() if len(rows) >= ENOUGH + 10}
    if len(found) < 10:
        pytest.skip(f"fewer than 10 artists with {ENOUGH + 10} works each")
    return Collection(vectors, found)


@pytest.mark.parametrize("strictness", LEVELS)
@pytest.mark.parametrize("lenses", [(CONTENT,), LENSES], ids=["content", "both"])
def test_few_of_an_artists_own_works_are_held(
    collection: Collection, lenses: Sequence[str], strictness: Strictness
) -> None:
    if not collection.vectors.keys() >= {*lenses}:
        pytest.skip("the collection has no lenses yet")
    print()
    for known in KNOWN:
        own, others = list[bool](), list[bool]()
        for has, same, strangers in collection.draws(known):
            own += collection.far(same, has, lenses, strictness)
            others += collection.far(strangers, has, lenses, strictness)
        print(f"{strictness}, {known} to compare with: {np.mean(own):.1%} of own, {np.mean(others):.0%} of others held")
        assert strictness == "strict" or np.mean(own) <= MOST_HELD
