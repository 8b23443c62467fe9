"""Runs on groups that are known: ids that last, works that come and go, clusters that are held."""

import json

import numpy as np
import pytest

from indexer.clustering.distances import unit_rows
from indexer.clustering.model import Vectors
from indexer.clustering.recluster import Wishes, recluster
from indexer.clustering.runs import Cluster, Run, forget, join
from indexer.errors import BadClusterCount, NothingToCluster, UnknownCluster, UnusableVector
from indexer.medoids import FasterPam

ENGINE = FasterPam()


class Collection:
    """Works called `a0`, `a1`, `b0` ... that lie around one direction for each letter."""

    def __init__(self, **sizes: int) -> None:
        chance = np.random.default_rng(0)
        self.works = [f"{letter}{number}" for letter, size in sizes.items() for number in range(size)]
        noise = chance.normal(size=(len(self.works), 26)) * 0.1
        directions = np.eye(26)[[ord(work[0]) - ord("a") for work in self.works]]
        self.all = dict(zip(self.works, unit_rows((directions + noise).astype(np.float32)), strict=True))

    def lookup(self, works: list[str]) -> Vectors:
        return np.array([self.all[work] for work in works], dtype=np.float32).reshape(len(works), 26)

    def run(self, k: int, works: list[str] | None = None, **options: object) -> Run:
        works = self.works if works is None else works
        return recluster(works, self.lookup(works), k, engine=ENGINE, **options)  # type: ignore[arg-type]


def groups(run: Run) -> dict[int, str]:
    """Return the letters in each cluster."""
    return {
        cluster.id: "".join(sorted({work[0] for work, owner in run.members.items() if owner == cluster.id}))
        for cluster in run.clusters
    }


def test_a_first_run_numbers_its_clusters_from_one_by_size() -> None:
    run = Collection(a=4, b=9, c=6).run(3)
    assert groups(run) == {1: "b", 2: "c", 3: "a"}
    assert run.next_id == 4
    assert (run.k, run.engine, run.seed) == (3, "numpy", 0)
    assert run.silhouette is not None and run.silhouette > 0.8
    for cluster in run.clusters:
        assert all(run.members[medoid] == cluster.id for medoid in cluster.medoids)


def test_ids_stay_with_their_works_when_others_grow_beyond_them() -> None:
    everything = Collection(a=4, b=9, c=20)
    early = [work for work in everything.works if work[0] != "c" or work in ("c0", "c1")]
    first = everything.run(3, early)
    assert groups(first) == {1: "b", 2: "a", 3: "c"}
    second = everything.run(3, previous=first)
    assert groups(second) == {3: "c", 1: "b", 2: "a"}
    third = everything.run(4, previous=second, seed=5)
    assert {1, 2, 3} < {cluster.id for cluster in third.clusters} == {1, 2, 3, 4}


def test_ids_of_dead_clusters_are_not_given_again() -> None:
    everything = Collection(a=5, b=5, c=5)
    first = everything.run(3)
    left = [work for work in everything.works if work[0] != "c"]
    second = everything.run(2, left, previous=first)
    third = everything.run(3, previous=second)
    assert third.next_id == 5
    assert sorted(groups(third).values()) == ["a", "b", "c"]
    assert {letter: cluster for cluster, letter in groups(third).items()}["c"] == 4
    assert everything.run(3, next_id=100).next_id == 103


def test_held_clusters_outlive_a_smaller_k_and_the_loss_of_their_medoid() -> None:
    everything = Collection(a=8, b=7, c=2)
    first = everything.run(3)
    small = next(cluster for cluster, letters in groups(first).items() if letters == "c")
    assert set(groups(everything.run(2, previous=first))) == {1, 2}
    kept = everything.run(2, previous=first, wishes=Wishes(held=frozenset([small])))
    assert "c" in groups(kept)[small] and len(kept.clusters) == 2
    assert kept.cluster(small).medoids == first.cluster(small).medoids
    works = [work for work in everything.works if work != first.cluster(small).medoids[0]]
    bereft = everything.run(2, works, previous=first, wishes=Wishes(held=frozenset([small])))
    assert bereft.cluster(small).medoids[0] in ("c0", "c1")
    assert len(everything.run(1, previous=first, wishes=Wishes(held=frozenset([1, 2, 3]))).clusters) == 3
    gone = [work for work in everything.works if work[0] != "c"]
    assert small not in groups(everything.run(2, gone, previous=first, wishes=Wishes(held=frozenset([small]))))


def test_kept_clusters_keep_their_works_and_gain_new_ones() -> None:
    everything = Collection(a=8, b=7, c=6)
    early = [work for work in everything.works if work not in ("a7", "b6")]
    first = everything.run(1, early)
    kept = everything.run(3, previous=first, wishes=Wishes(kept=frozenset([1])))
    assert {kept.members[work] for work in early} == {1}
    assert kept.cluster(1).medoids == first.cluster(1).medoids
    assert {"a7", "b6"} < set(kept.members)
    assert len(kept.clusters) == 3


def test_a_kept_cluster_whose_works_are_all_excluded_is_gone() -> None:
    everything = Collection(a=8, b=7, c=3)
    first = everything.run(3)
    strangers = frozenset(first.works_of(3))
    second = everything.run(2, previous=first, wishes=Wishes(kept=frozenset([3]), excluded=strangers))
    assert [cluster.id for cluster in second.clusters] == [1, 2]
    assert set(second.members.values()) == {1, 2}


def test_when_all_is_kept_a_run_only_adds() -> None:
    everything = Collection(a=8, b=7)
    first = everything.run(2, everything.works[1:])
    again = everything.run(9, previous=first, wishes=Wishes(kept=frozenset([1, 2])))
    assert {work: again.members[work] for work in first.members} == first.members


def test_a_run_afresh_keeps_ids_too() -> None:
    everything = Collection(a=8, b=7, c=5)
    first = everything.run(3)
    assert groups(everything.run(3, previous=first, afresh=True, seed=9)) == groups(first)


def test_excluded_works_have_no_say_but_a_place() -> None:
    everything = Collection(a=8, b=7, z=3)
    strangers = ["z0", "z1", "z2"]
    run = everything.run(2, wishes=Wishes(excluded=frozenset(strangers)))
    assert sorted(letters.strip("z") for letters in groups(run).values()) == ["a", "b"]
    assert set(strangers) < set(run.members)
    assert not {medoid for cluster in run.clusters for medoid in cluster.medoids} & set(strangers)
    with pytest.raises(NothingToCluster):
        everything.run(2, wishes=Wishes(excluded=frozenset(everything.works)))


def test_new_works_join_the_nearest_and_known_ones_stay() -> None:
    everything = Collection(a=8, b=7)
    run = everything.run(2, everything.works[:-3])
    joined = join(run, everything.works, everything.lookup(everything.works), everything.lookup)
    assert groups(joined) == groups(run)
    assert set(joined.members) == set(everything.works)
    assert joined.clusters == run.clusters
    assert join(joined, everything.works, everything.lookup(everything.works), everything.lookup) is joined
    with pytest.raises(UnusableVector, match="the vector of new "):
        join(run, ["new"], np.zeros((1, 26), np.float32), everything.lookup)


def test_a_deleted_medoid_is_replaced_and_an_emptied_cluster_goes() -> None:
    everything = Collection(a=8, b=7, c=1)
    run = everything.run(3)
    gone = [cluster.medoids[0] for cluster in run.clusters]
    left = forget(run, gone, everything.lookup)
    assert list(groups(left).values()) == ["a", "b"]
    for cluster in left.clusters:
        assert left.members[cluster.medoids[0]] == cluster.id
    assert forget(run, run.members, everything.lookup).clusters == ()


def test_a_run_survives_json() -> None:
    run = Collection(a=3, b=4).run(2)
    assert Run.from_dict(json.loads(json.dumps(run.to_dict()))) == run
    single = Collection(a=1).run(1)
    assert single.silhouette is None
    assert Run.from_dict(json.loads(json.dumps(single.to_dict()))) == single


def test_clusters_are_found_by_id_or_not_at_all() -> None:
    run = Collection(a=3, b=4).run(2)
    assert run.cluster(1) == run.clusters[0] and isinstance(run.cluster(1), Cluster)
    assert run.works_of(2) == ["a0", "a1", "a2"]
    assert len(run.works_of(1, 2)) == 7
    with pytest.raises(UnknownCluster, match="there is no cluster 9"):
        run.cluster(9)


def test_what_cannot_be_clustered_is_refused_by_name() -> None:
    everything = Collection(a=2)
    with pytest.raises(BadClusterCount):
        everything.run(3)
    with pytest.raises(NothingToCluster):
        recluster([], np.empty((0, 26), np.float32), 1, engine=ENGINE)
    with pytest.raises(UnusableVector, match="the vector of a1 has numbers that are not finite"):
        recluster(["a0", "a1"], np.array([[1, 0], [np.nan, 1]], np.float32), 1, engine=ENGINE)
