"""How firm clusters are, on groups that are there and on such that are not."""

import numpy as np
import pytest

from indexer.clustering.distances import unit_rows
from indexer.clustering.model import Vectors
from indexer.clustering.stability import stability
from indexer.clustering.watch import Watch
from indexer.errors import ClusteringStopped
from indexer.medoids import FasterPam


def blobs(groups: int, each: int, noise: float, width: int = 40, seed: int = 0) -> Vectors:
    chance = np.random.default_rng(seed)
    centres = np.eye(width)[:groups].repeat(each, axis=0)
    return unit_rows((centres + chance.normal(size=centres.shape) * noise).astype(np.float32))


def test_firm_clusters_come_back_and_arbitrary_ones_do_not() -> None:
    firm = blobs(4, 30, 0.05)
    found = stability(firm, FasterPam().find(firm, 4).labels)
    assert found == [1.0] * 4
    shapeless = unit_rows(np.random.default_rng(0).normal(size=(200, 30)).astype(np.float32))
    loose = stability(shapeless, FasterPam().find(shapeless, 8).labels, rounds=5)
    assert all(value is not None and 0 < value < 0.5 for value in loose)


def test_clusters_that_mix_two_groups_are_less_firm_than_one_that_is_a_group() -> None:
    labels = np.repeat([0, 1, 2], 30)
    labels[30::2] = 3 - labels[30::2]
    firm, *mixed = stability(blobs(3, 30, 0.05), labels)
    assert firm == 1
    assert all(value is not None and value < 0.5 for value in mixed)


def test_stability_follows_from_the_seed_and_is_unknown_where_nothing_was_drawn() -> None:
    vectors = blobs(2, 10, 0.3)
    labels = np.array([0] * 19 + [1])
    assert stability(vectors, labels, seed=3) == stability(vectors, labels, seed=3)
    assert [value is None for value in stability(vectors, labels, rounds=1, seed=0)].count(True) <= 1
    assert stability(vectors[:1], np.array([0])) == [1.0]
    assert stability(vectors, labels, rounds=0) == [None, None]


def test_measuring_it_can_be_stopped() -> None:
    with pytest.raises(ClusteringStopped):
        stability(blobs(3, 30, 0.1), np.repeat([0, 1, 2], 30), watch=Watch(stopped=lambda: True))
