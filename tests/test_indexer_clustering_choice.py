"""How many clusters, on data that has so many groups."""

import numpy as np
import pytest

from indexer.clustering.choice import candidates, choose_k
from indexer.clustering.distances import unit_rows
from indexer.clustering.model import Vectors
from indexer.clustering.watch import Watch
from indexer.errors import BadClusterCount, ClusteringStopped, NothingToCluster


def blobs(groups: int, each: int, noise: float, width: int = 40, seed: int = 0) -> Vectors:
    chance = np.random.default_rng(seed)
    centres = np.eye(width)[:groups].repeat(each, axis=0)
    return unit_rows((centres + chance.normal(size=centres.shape) * noise).astype(np.float32))


def test_the_best_number_of_clusters_is_that_of_the_groups() -> None:
    found = choose_k(blobs(7, 25, 0.08), range(2, 12))
    assert found.k == 7
    assert [trial.k for trial in found.curve] == list(range(2, 12))
    assert max(found.curve, key=lambda trial: trial.silhouette).k == 7
    distances = [trial.distance for trial in found.curve]
    assert distances[:6] == sorted(distances[:6], reverse=True)
    assert found.sampled == 175


def test_a_sample_is_enough_and_the_same_for_the_same_seed() -> None:
    vectors = blobs(6, 100, 0.08)
    found = choose_k(vectors, (3, 6, 9), sample=150, seed=4)
    assert (found.k, found.sampled) == (6, 150)
    assert choose_k(vectors[::-1].copy(), (3, 6, 9), sample=150, seed=4).k == 6
    assert choose_k(vectors, (3, 6, 9), sample=150, seed=4) == found


@pytest.mark.parametrize("count", [1, 2])
def test_of_fewer_than_three_works_there_is_one_cluster(count: int) -> None:
    found = choose_k(blobs(1, count, 0.1))
    assert (found.k, found.curve) == (1, ())


@pytest.mark.parametrize("count", [3, 4, 5, 17, 100, 2_400, 100_000])
def test_the_numbers_tried_are_few_and_possible(count: int) -> None:
    tried = candidates(count)
    assert 1 <= len(tried) <= 12
    assert list(tried) == sorted(set(tried))
    assert 2 <= tried[0] and tried[-1] <= min(200, count - 1)


def test_copies_have_no_best_number_so_the_smallest_is_chosen() -> None:
    assert choose_k(np.ones((9, 4), np.float32)).k == candidates(9)[0]


@pytest.mark.parametrize("tried", [[1, 5], [5, 9], [12]])
def test_a_number_that_cannot_be_judged_is_refused(tried: list[int]) -> None:
    with pytest.raises(BadClusterCount, match="Choose a number from 2 to 8"):
        choose_k(blobs(3, 3, 0.1), tried)


def test_choosing_from_nothing_is_refused_and_long_work_can_be_stopped() -> None:
    with pytest.raises(NothingToCluster):
        choose_k(np.empty((0, 4), np.float32))
    with pytest.raises(ClusteringStopped):
        choose_k(blobs(3, 30, 0.1), watch=Watch(stopped=lambda: True))


def test_progress_is_told_from_beginning_to_end() -> None:
    shares: list[float] = []
    watch = Watch(lambda what, share: shares.append(share))
    choose_k(blobs(3, 200, 0.1), range(2, 10), watch=watch)
    assert shares == sorted(shares) and shares[-1] > 0.8
