"""The engine's laws, on vectors with and without copies: what medoids are, and what they do not depend on."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.clustering.distances import canonical_order, distance_matrix, nearest_medoids, unit_rows
from indexer.clustering.fasterpam import faster_pam
from indexer.clustering.model import Medoids, Vectors, medoid_silhouette
from indexer.clustering.starts import STARTS
from indexer.clustering.watch import Watch
from indexer.errors import BadClusterCount, ClusteringStopped, NothingToCluster, UnusableVector
from indexer.medoids import ENGINES, FasterPam

SMALL = FasterPam(limit=30, sample=25, samples=3)
"""Takes to samples from 31 vectors on."""


def cloud(seed: int, count: int, width: int = 6, groups: int = 4) -> Vectors:
    """Vectors around a few centres."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(groups, width)) * 2
    return (centres[chance.integers(0, groups, count)] + chance.normal(size=(count, width))).astype(np.float32)


@st.composite
def vectors(draw: st.DrawFn, least: int = 1, most: int = 60) -> Vectors:
    """Vectors in general position, or on a coarse grid where many are copies and many distances equal."""
    count, seed = draw(st.integers(least, most)), draw(st.integers(0, 2**32 - 1))
    if draw(st.booleans()):
        return cloud(seed, count)
    grid = np.random.default_rng(seed).integers(0, 3, (count, 3)).astype(np.float32)
    return grid + np.where(grid.any(axis=1), 0, 1)[:, None].astype(np.float32)


def cosine(rows: Vectors) -> np.ndarray:
    unit = rows.astype(np.float64) / np.linalg.norm(rows, axis=1, keepdims=True)
    return 1 - unit @ unit.T


def check(found: Medoids, rows: Vectors, k: int) -> None:
    """Everything that is true of any answer."""
    distances = cosine(rows)[:, found.rows]
    assert len(set(found.rows.tolist())) == k
    assert found.labels[found.rows].tolist() == list(range(k))
    assert found.sizes.sum() == len(rows) and found.sizes.min() > 0
    assert np.all(np.diff(found.sizes) <= 0)
    own = distances[np.arange(len(rows)), found.labels]
    assert own == pytest.approx(distances.min(axis=1), abs=1e-5)
    assert found.nearest.distances == pytest.approx(own, abs=1e-5)
    assert found.loss == pytest.approx(own.sum(), abs=1e-5 * len(rows))
    if k > 1:
        second = np.sort(distances, axis=1)[:, 1]
        assert found.nearest.second_distances == pytest.approx(second, abs=1e-5)
        assert np.all(found.nearest.second != found.labels)
    else:
        assert np.all(found.nearest.second == -1)


@settings(max_examples=60, deadline=None)
@given(vectors(), st.data(), st.sampled_from(list(STARTS)), st.booleans())
def test_each_vector_goes_to_its_nearest_medoid_and_each_medoid_is_one_of_them(
    rows: Vectors, data: st.DataObject, start: str, sampled: bool
) -> None:
    k = data.draw(st.integers(1, len(rows)))
    engine = FasterPam(start=start, limit=20 if sampled else 100, sample=15, samples=2)
    check(engine.find(rows, k, seed=3), rows, k)


@settings(max_examples=40, deadline=None)
@given(vectors(least=2), st.data())
def test_the_loss_falls_with_every_swap_until_no_swap_lowers_it(rows: Vectors, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, min(5, len(rows))))
    distances = distance_matrix(unit_rows(rows))
    found = faster_pam(distances, np.arange(k))
    assert np.all(np.diff(found.losses) < 0)
    assert found.losses[0] == pytest.approx(distances[:, :k].min(axis=1).sum(), rel=1e-5, abs=1e-5)
    assert found.loss == pytest.approx(distances[:, found.medoids].min(axis=1).sum(), rel=1e-5, abs=1e-5)
    for leaving, coming in itertools.product(range(k), range(len(rows))):
        medoids = found.medoids.copy()
        medoids[leaving] = coming
        assert distances[:, medoids].min(axis=1).sum(dtype=np.float64) >= found.loss * (1 - 1e-5) - 1e-5


def test_swaps_that_gain_by_rounding_only_do_not_go_round_for_ever() -> None:
    chance = np.random.default_rng(4918)  # once in some thousands, near copies made single precision do so
    count, k, width = (int(chance.integers(*bounds)) for bounds in ((3, 60), (2, 23), (2, 7)))
    places = chance.normal(size=(count // 4, width))[chance.integers(0, count // 4, count)]
    rows = places + chance.normal(size=(count, width)) * 10.0 ** -chance.integers(2, 6)
    distances = distance_matrix(unit_rows(rows.astype(np.float32)))
    steps = itertools.count()
    found = faster_pam(
        distances,
        chance.choice(count, k, replace=False),
        order=chance.permutation(count),
        watch=Watch(stopped=lambda: next(steps) > 100),
    )
    assert np.all(np.diff(found.losses) < 0)


@settings(max_examples=40, deadline=None)
@given(vectors(most=9), st.data())
def test_on_tiny_inputs_some_search_finds_the_best_there_is(rows: Vectors, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(rows)))
    distances = cosine(rows)
    best = min(distances[:, list(some)].min(axis=1).sum() for some in itertools.combinations(range(len(rows)), k))
    found = FasterPam(searches=30, start="random").find(rows, k)
    assert found.loss == pytest.approx(best, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.integers(1, 5), st.sampled_from([SMALL, FasterPam()]))
def test_the_answer_follows_from_vectors_and_seed_not_from_their_order_or_length(
    seed: int, count: int, k: int, engine: FasterPam
) -> None:
    rows = cloud(seed, count)
    first, again = engine.find(rows, k, seed=7), engine.find(rows, k, seed=7)
    assert first.labels.tolist() == again.labels.tolist()
    order = np.random.default_rng(seed).permutation(count)
    other = engine.find(unit_rows(rows)[order], k, seed=7)
    same = engine.find(unit_rows(rows), k, seed=7)
    assert order[other.rows].tolist() == same.rows.tolist()
    assert other.labels.tolist() == same.labels[order].tolist()
    assert engine.find(rows * 2, k, seed=7).rows.tolist() == first.rows.tolist()


@settings(max_examples=25, deadline=None)
@given(vectors())
def test_one_cluster_has_the_true_medoid_and_as_many_as_vectors_cost_nothing(rows: Vectors) -> None:
    single = FasterPam().find(rows, 1)
    sums = cosine(rows).sum(axis=0)
    assert sums[single.rows[0]] == pytest.approx(sums.min(), abs=1e-4)
    assert single.silhouette is None
    every = FasterPam().find(rows, len(rows))
    assert (every.loss, sorted(every.rows.tolist())) == (0, list(range(len(rows))))


@pytest.mark.parametrize("engine", [FasterPam(), FasterPam(limit=5, sample=4, samples=2)])
def test_copies_of_one_picture_still_make_as_many_clusters_as_asked(engine: FasterPam) -> None:
    rows = np.tile(np.array([[0.3, 0.1, 0.9]], np.float32), (12, 1))
    found = engine.find(rows, 3)
    assert found.sizes.tolist() == [10, 1, 1]
    assert found.loss == 0
    assert found.silhouette == 0


@settings(max_examples=40, deadline=None)
@given(vectors(least=4), st.data())
def test_fixed_rows_stay_medoids(rows: Vectors, data: st.DataObject) -> None:
    fixed = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=4, unique=True))
    k = data.draw(st.integers(len(fixed), len(rows)))
    for engine in (SMALL, FasterPam()):
        found = engine.find(rows, k, fixed=fixed)
        assert set(fixed) <= set(found.rows.tolist())
        check(found, rows, k)


@pytest.mark.parametrize("engine", [SMALL, FasterPam()])
def test_a_search_that_begins_at_good_medoids_stays_there(engine: FasterPam) -> None:
    rows = cloud(5, 200, width=16, groups=6)
    first = engine.find(rows, 6, seed=1)
    again = engine.find(rows, 6, seed=2, begin=first.rows.tolist())
    assert again.rows.tolist() == first.rows.tolist()


@pytest.mark.parametrize("engine", [SMALL, FasterPam()])
def test_bad_medoids_to_begin_at_are_left(engine: FasterPam) -> None:
    rows = cloud(5, 300, width=16, groups=5)
    fresh = engine.find(rows, 5)
    labels = fresh.labels
    begin = np.flatnonzero(labels == 0)[:5].tolist()
    assert engine.find(rows, 5, begin=begin).loss <= fresh.loss * 1.0101


@pytest.mark.parametrize("engine", [SMALL, FasterPam()])
@pytest.mark.parametrize("count", [2, 9])
def test_there_may_be_fewer_or_more_medoids_to_begin_at(engine: FasterPam, count: int) -> None:
    rows = cloud(1, 120)
    check(engine.find(rows, 6, begin=list(range(count))), rows, 6)


def test_samples_come_close_to_the_whole() -> None:
    rows = cloud(2, 3000, width=32, groups=12)
    whole = FasterPam().find(rows, 12)
    assert FasterPam(limit=1000, sample=500).find(rows, 12).loss <= whole.loss * 1.01


def test_above_the_limit_no_matrix_of_all_distances_is_made() -> None:
    rows = unit_rows(cloud(3, 8000, width=8))
    engine = FasterPam(limit=1000, sample=500)
    tracemalloc.start()
    engine.find(rows, 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8000 * 8000 * 4 / 20


@pytest.mark.parametrize(("k", "fixed", "sentence"), [
    (0, [], "0 clusters cannot be made here. Choose a number from 1 to 4."),
    (5, [], "5 clusters cannot be made here. Choose a number from 1 to 4."),
    (1, [0, 2], "1 clusters cannot be made here. Choose a number from 2 to 4."),
])  # fmt: skip
def test_an_impossible_number_of_clusters_is_refused(k: int, fixed: list[int], sentence: str) -> None:
    with pytest.raises(BadClusterCount) as error:
        FasterPam().find(cloud(0, 4), k, fixed=fixed)
    assert str(error.value) == sentence


def test_no_vectors_are_refused_and_one_is_a_cluster() -> None:
    with pytest.raises(NothingToCluster):
        FasterPam().find(np.empty((0, 8), np.float32), 1)
    check(FasterPam().find(cloud(0, 1), 1), cloud(0, 1), 1)


@pytest.mark.parametrize(("value", "problem"), [
    (np.nan, "has numbers that are not finite"), (np.inf, "has numbers that are not finite"), (0, "has only zeros"),
])  # fmt: skip
def test_a_vector_without_direction_is_refused_by_name(value: float, problem: str) -> None:
    rows = cloud(0, 5)
    rows[3] = value
    with pytest.raises(UnusableVector, match=f"the vector of row 3 {problem}"):
        FasterPam().find(rows, 2)
    with pytest.raises(UnusableVector, match="the vector of d "):
        unit_rows(rows, list("abcde"))


@pytest.mark.parametrize("engine", [SMALL, FasterPam()])
def test_progress_goes_forward_and_a_stop_is_heard(engine: FasterPam) -> None:
    seen: list[float] = []
    rows = cloud(4, 2500)
    engine.find(rows, 20, begin=[1, 2, 3], watch=Watch(lambda what, share: seen.append(share)))
    assert seen == sorted(seen)
    assert 0 <= seen[0] < 0.1 and 0.9 < seen[-1] <= 1
    for stop in (0, 1, len(seen) // 2, len(seen) - 1):
        calls = itertools.count()
        with pytest.raises(ClusteringStopped, match="The clusters are as they were"):
            engine.find(rows, 20, begin=[1, 2, 3], watch=Watch(stopped=lambda at=stop, calls=calls: next(calls) == at))


@settings(max_examples=30, deadline=None)
@given(vectors(least=3), st.data())
def test_the_silhouette_is_what_its_definition_says(rows: Vectors, data: st.DataObject) -> None:
    k = data.draw(st.integers(2, len(rows) - 1))
    found = FasterPam().find(rows, k)
    distances = np.sort(distance_matrix(unit_rows(rows))[:, found.rows], axis=1)
    ratios = [a / b if b > 0 else 1 for row, (a, b) in enumerate(distances[:, :2]) if row not in found.rows]
    assert found.silhouette == pytest.approx(1 - np.mean(ratios), abs=1e-4)
    assert medoid_silhouette(found.nearest, np.arange(len(rows))) is None


@settings(max_examples=30, deadline=None)
@given(vectors())
def test_distances_are_symmetric_and_copies_are_at_none(rows: Vectors) -> None:
    matrix = distance_matrix(unit_rows(rows))
    assert matrix == pytest.approx(cosine(rows), abs=1e-5)
    assert np.array_equal(matrix, matrix.T)
    same = np.all(rows[:, None] == rows[None], axis=2)
    assert not matrix[same].any()


@settings(max_examples=30, deadline=None)
@given(vectors(), st.integers(0, 2**32 - 1))
def test_the_canonical_order_is_that_of_the_contents(rows: Vectors, seed: int) -> None:
    shuffled = rows[np.random.default_rng(seed).permutation(len(rows))]
    assert np.array_equal(rows[canonical_order(rows)], shuffled[canonical_order(shuffled)])


def test_unit_rows_are_not_copied() -> None:
    rows = unit_rows(cloud(0, 10))
    assert unit_rows(rows) is rows
    assert unit_rows(cloud(0, 10).astype(np.float64)).dtype == np.float32


def test_nearest_medoids_are_the_same_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit_rows(cloud(0, 50))
    whole = nearest_medoids(rows, rows[:7])
    monkeypatch.setattr("indexer.clustering.distances._CELLS", 20)
    parts = nearest_medoids(rows, rows[:7])
    assert whole.labels.tolist() == parts.labels.tolist()
    assert whole.second.tolist() == parts.second.tolist()


def test_engines_have_names() -> None:
    assert ENGINES["numpy"]().name == "numpy"
