"""Hubs: laws of Gini's coefficient, Lorenz's curve and coverage, and counts checked against all pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.hubs import gini, hubness, lorenz, nearest_within, occurrences

COUNTS = st.lists(st.integers(0, 10_000), max_size=60).map(lambda found: np.array(found, np.int64))
SOME = COUNTS.filter(lambda counts: counts.sum() > 0)


@settings(deadline=None)
@given(COUNTS)
def test_every_figure_keeps_to_its_bounds(counts: np.ndarray) -> None:
    found = hubness(counts)
    assert found.works == len(counts) == sum(works for _, _, works in found.spread)
    assert 0 <= found.gini <= 1 - 1 / max(1, len(counts)) + 1e-9
    assert 0 <= found.coverage <= 1 and 0 <= found.top <= 1
    assert found.never == round((1 - found.coverage) * len(counts)) or not len(counts)
    assert found.hubs <= len(counts)


@settings(deadline=None)
@given(SOME)
def test_the_curve_begins_at_nothing_ends_at_all_and_sags(counts: np.ndarray) -> None:
    curve = np.array(lorenz(counts))
    assert (curve[0], curve[-1]) == (0.0, pytest.approx(1.0))
    steps = np.diff(curve)
    assert (steps >= -1e-12).all() and (np.diff(steps) >= -1e-9).all()
    assert (curve <= np.linspace(0, 1, len(curve)) + 1e-9).all()


@settings(deadline=None)
@given(SOME, st.randoms(use_true_random=False), st.integers(1, 9))
def test_neither_the_order_of_works_nor_the_unit_of_counts_matters(
    counts: np.ndarray, chance: object, times: int
) -> None:
    mixed = counts.copy()
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert hubness(mixed) == hubness(counts)
    assert gini(counts * times) == pytest.approx(gini(counts))
    assert lorenz(counts * times) == pytest.approx(lorenz(counts))


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 60))
def test_where_all_come_alike_nothing_is_uneven(count: int, works: int) -> None:
    found = hubness(np.full(works, count))
    assert (found.gini, found.coverage, found.skewness, found.never, found.hubs) == (pytest.approx(0), 1, 0, 0, 0)
    assert found.lorenz == pytest.approx(np.linspace(0, 1, len(found.lorenz)))


@settings(deadline=None)
@given(st.integers(2, 60))
def test_where_one_work_has_all_the_coefficient_is_as_high_as_it_can_be(works: int) -> None:
    counts = np.zeros(works, np.int64)
    counts[0] = 7
    assert gini(counts) == pytest.approx(1 - 1 / works)
    assert hubness(counts).coverage == pytest.approx(1 / works)


@settings(deadline=None)
@given(SOME)
def test_the_coefficient_is_twice_the_room_above_the_curve(counts: np.ndarray) -> None:
    curve = np.array(lorenz(counts, steps=len(counts)))
    assert gini(counts) == pytest.approx(1 - float((curve[1:] + curve[:-1]).mean()), abs=1e-9)


def test_occurrences_are_those_counted_one_by_one() -> None:
    vectors = np.random.default_rng(3).normal(size=(700, 12)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    expected = np.zeros(700, int)
    for row in cosines:
        expected[np.argsort(-row)[:10]] += 1
    near = nearest_within(vectors)
    assert near.shape == (700, 10) and not (near == np.arange(700)[:, None]).any()
    assert (occurrences(near, 700) == expected).all()
    # Radovanović and others found such counts skewed: a few come far more often than the mean of ten.
    assert hubness(expected).skewness > 0.3 and expected.mean() == 10


def test_nobody_and_rows_beyond_the_last_are_not_counted() -> None:
    near = np.array([[1, -1, 9], [0, 2, 1]])
    assert occurrences(near, 3, first=2).tolist() == [1, 1, 1]
    assert occurrences(near, 3).tolist() == [1, 2, 1]
    assert nearest_within(np.ones((1, 4), np.float32)).shape == (1, 0)
    assert hubness(occurrences(near[:0], 0)).works == 0
