"""Where works stand, on directions in a plane whose angles are known."""

import math

import numpy as np
import pytest

from indexer.clustering.model import Vectors
from indexer.clustering.runs import Cluster, Run
from indexer.clustering.standing import Standing, borderline, nearest_clusters, outliers, standings, typical

ANGLES = {"a": 0, "b": 10, "c": 40, "d": 90, "e": 80, "f": 170, "x": 20}
RUN = Run(
    "numpy", 3, 0, 0.0, None,
    (Cluster(1, ("a", "c")), Cluster(5, ("d",)), Cluster(7, ("f",))),
    {"a": 1, "b": 1, "c": 1, "d": 5, "e": 5, "f": 7}, 8,
)  # fmt: skip


def lookup(works: list[str]) -> Vectors:
    turned = np.radians([ANGLES[work] for work in works])
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def apart(degrees: float) -> object:
    return pytest.approx(1 - math.cos(math.radians(degrees)), abs=1e-5)


def test_works_stand_between_their_own_cluster_and_the_next() -> None:
    works = list(ANGLES)
    found = standings(RUN, works, lookup(works), lookup)
    assert [(s.work, s.cluster, s.other) for s in found] == [
        ("a", 1, 5), ("b", 1, 5), ("c", 1, 5), ("d", 5, 1), ("e", 5, 1), ("f", 7, 5),
    ]  # fmt: skip
    assert [s.distance for s in found] == [apart(d) for d in (0, 10, 0, 0, 10, 0)]
    assert [s.other_distance for s in found] == [apart(d) for d in (90, 80, 50, 50, 40, 80)]
    first = [s for s in found if s.cluster == 1]
    assert [s.work for s in typical(first, 2)] == ["a", "c"]
    assert [s.work for s in outliers(first, 1)] == ["b"]
    assert [s.work for s in borderline(found, 2)] == ["e", "b"]
    assert standings(RUN, ["x"], lookup(["x"]), lookup) == []


def test_doubt_is_more_than_1_for_a_work_moved_away_from_where_it_is_near() -> None:
    moved = Run("numpy", 3, 0, 0.0, None, RUN.clusters, {**RUN.members, "e": 7}, 8)
    [found] = standings(moved, ["e"], lookup(["e"]), lookup)
    assert found.other == 5 and found.doubt > 1
    assert Standing("w", 1, 0.0, 2, 0.0).doubt == 1


def test_with_one_cluster_there_is_no_other() -> None:
    run = Run("numpy", 1, 0, 0.0, None, (Cluster(1, ("a",)),), {"a": 1, "b": 1}, 2)
    found = standings(run, ["a", "b"], lookup(["a", "b"]), lookup)
    assert [(s.other, s.other_distance, s.doubt) for s in found] == [(None, math.inf, 0)] * 2
    assert nearest_clusters(run, 1, lookup) == []


def test_near_clusters_are_those_of_near_medoids() -> None:
    assert nearest_clusters(RUN, 1, lookup) == [(5, apart(50)), (7, apart(130))]
    assert nearest_clusters(RUN, 7, lookup, 1) == [(5, apart(80))]
