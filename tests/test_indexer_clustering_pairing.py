"""The assignment problem: small ones against all ways there are, a large one with a hidden answer."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.clustering.pairing import pair


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_the_pairing_is_the_best_there_is(rows: int, columns: int, seed: int, coarse: bool) -> None:
    chance = np.random.default_rng(seed)
    worth = chance.integers(-3, 4, (rows, columns)).astype(float) if coarse else chance.normal(size=(rows, columns))
    pairs = pair(worth)
    assert len(pairs) == len({row for row, _ in pairs}) == len({column for _, column in pairs}) == min(rows, columns)
    if rows <= columns:
        ways = ([*enumerate(some)] for some in itertools.permutations(range(columns), rows))
    else:
        ways = (
            [(row, column) for column, row in enumerate(some)] for some in itertools.permutations(range(rows), columns)
        )
    best = max(sum(worth[at] for at in way) for way in ways)
    assert sum(worth[at] for at in pairs) == pytest.approx(best)


def test_a_large_pairing_finds_a_hidden_one() -> None:
    chance = np.random.default_rng(0)
    hidden = chance.permutation(150)
    worth = chance.random((150, 150)) * 0.9
    worth[np.arange(150), hidden] = 1
    assert pair(worth) == list(enumerate(hidden.tolist()))
