"""What curators decide: it shows at once, it outlives the next run, and it can be undone."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.clustering.curation import curate, wishes
from indexer.clustering.decisions import (
    Decision,
    Exclude,
    Merge,
    Move,
    Part,
    Pin,
    Split,
    exclude,
    from_dict,
    merge,
    move,
    pin,
    split,
    to_dict,
)
from indexer.clustering.distances import unit_rows
from indexer.clustering.model import Vectors
from indexer.clustering.recluster import recluster
from indexer.clustering.runs import Run, forget, join
from indexer.errors import BadDecision, UnknownCluster
from indexer.medoids import FasterPam

ENGINE = FasterPam()
WORKS = [f"{letter}{number}" for letter, size in (("a", 9), ("b", 8), ("c", 7), ("d", 6)) for number in range(size)]


def _vectors() -> dict[str, Vectors]:
    """Works around a direction for each letter; odd and even numbers lean to two sides."""
    chance = np.random.default_rng(1)
    found = {}
    for work in WORKS:
        vector = chance.normal(size=12) * 0.05
        vector["abcd".index(work[0])] += 1
        vector[4 + "abcd".index(work[0]) * 2 + int(work[1:]) % 2] += 0.4
        found[work] = vector.astype(np.float32)
    return found


VECTORS = _vectors()


def lookup(works: list[str]) -> Vectors:
    return unit_rows(np.array([VECTORS[work] for work in works], np.float32).reshape(len(works), 12))


def run_of(k: int = 4, works: list[str] = WORKS, decisions: tuple[Decision, ...] = (), **options: object) -> Run:
    return recluster(
        works, lookup(works), k, engine=ENGINE, wishes=wishes(decisions), **options  # type: ignore[arg-type]
    )  # fmt: skip


RUN = run_of()
A, B, C, D = (RUN.members[work] for work in ("a0", "b0", "c0", "d0"))


def works(run: Run, cluster: int) -> str:
    return " ".join(run.works_of(cluster))


def test_the_groups_are_as_thought() -> None:
    assert [A, B, C, D] == [1, 2, 3, 4]
    assert works(RUN, D) == "d0 d1 d2 d3 d4 d5"


def test_merged_clusters_are_one_with_all_their_medoids() -> None:
    found = curate(RUN, [merge(RUN, B, [D, B, D])], lookup)
    assert found.lapsed == ()
    assert [cluster.id for cluster in found.run.clusters] == [B, A, C]
    assert found.run.cluster(B).medoids == RUN.cluster(B).medoids + RUN.cluster(D).medoids
    assert len(found.run.works_of(B)) == 14
    assert set(found.run.members) == set(RUN.members)


def test_a_split_cluster_is_what_k_medoids_finds_in_it() -> None:
    decision = split(RUN, A, lookup, engine=ENGINE)
    assert [part.id for part in decision.parts] == [A, 5]
    found = curate(RUN, [decision], lookup).run
    assert works(found, A) == "a0 a2 a4 a6 a8"
    assert works(found, 5) == "a1 a3 a5 a7"
    assert found.next_id == 6
    for cluster in found.clusters:
        assert all(found.members[medoid] == cluster.id for medoid in cluster.medoids)
    assert found.cluster(5).medoids == (decision.parts[1].anchors[0],)


def test_a_moved_work_and_an_excluded_one_leave_a_cluster_that_finds_another_medoid() -> None:
    [medoid] = RUN.cluster(C).medoids
    moved = curate(RUN, [move(RUN, medoid, A)], lookup).run
    assert moved.members[medoid] == A
    assert moved.members[moved.cluster(C).medoids[0]] == C
    gone = curate(RUN, [exclude(RUN, medoid)], lookup).run
    assert medoid not in gone.members
    assert gone.members[gone.cluster(C).medoids[0]] == C


def test_a_cluster_that_loses_its_last_work_is_not_shown() -> None:
    decisions = [Exclude(work) for work in RUN.works_of(D)]
    assert [cluster.id for cluster in curate(RUN, decisions, lookup).run.clusters] == [A, B, C]


EVERYTHING: tuple[Decision, ...] = (
    Merge(B, (D,)),
    Split(A, (Part(A, ("a0", "a2")), Part(7, ("a1", "a3")))),
    Move("c0", 7),
    Move("a4", B),
    Exclude("c1"),
    Pin(C),
)


def shown(run: Run) -> dict[str, str]:
    """Return who is with whom, whatever the numbers."""
    return {work: " ".join(run.works_of(cluster)) for work, cluster in run.members.items()}


@pytest.mark.parametrize("k", [1, 3, 4, 6])
@pytest.mark.parametrize("afresh", [False, True])
def test_all_decisions_outlive_the_next_run(k: int, afresh: bool) -> None:
    before = curate(RUN, EVERYTHING, lookup)
    assert before.lapsed == ()
    after = run_of(k, decisions=EVERYTHING, previous=RUN, next_id=before.run.next_id, seed=8, afresh=afresh)
    now = curate(after, EVERYTHING, lookup)
    assert now.lapsed == ()
    assert now.run.members["b0"] == now.run.members["d0"] == now.run.members["a4"] == B
    assert now.run.members["a0"] == A
    assert now.run.members["a1"] == now.run.members["c0"] == 7
    assert "c1" not in now.run.members
    assert now.run.members["c2"] == C
    assert {A, B, C, D} <= {cluster.id for cluster in after.clusters}
    assert all(cluster.id in (A, B, C, D) or cluster.id > 7 for cluster in after.clusters)


def test_decisions_outlive_the_works_they_were_made_on() -> None:
    gone = {"a0", "a1", *RUN.cluster(B).medoids, *RUN.cluster(D).medoids}
    left = forget(RUN, gone, lookup)
    now = curate(left, EVERYTHING, lookup)
    assert now.lapsed == ()
    rest = [work for work in WORKS if work not in gone]
    again = curate(run_of(4, rest, EVERYTHING, previous=RUN, next_id=8), EVERYTHING, lookup)
    assert again.lapsed == ()
    assert shown(again.run) == shown(now.run)
    assert works(again.run, 7) == "a3 a5 a7 c0"


def test_undoing_any_decision_leaves_the_others() -> None:
    for number, decision in enumerate(EVERYTHING):
        rest = EVERYTHING[:number] + EVERYTHING[number + 1 :]
        found = curate(RUN, rest, lookup)
        # Without the split there is no cluster 7 to move a work to; nothing else hangs on anything.
        assert found.lapsed == ((Move("c0", 7),) if isinstance(decision, Split) else ())
    assert curate(RUN, [], lookup).run == RUN


def test_an_excluded_work_comes_back_at_once_even_after_a_run_without_it() -> None:
    decision = exclude(RUN, "c1")
    after = run_of(decisions=(decision,), previous=RUN)
    assert "c1" not in curate(after, [decision], lookup).run.members
    assert curate(after, [], lookup).run.members["c1"] == C


def test_new_works_join_what_curators_made() -> None:
    early = [work for work in WORKS if work[1:] not in ("4", "5")]
    raw = run_of(4, early)
    decisions = [
        merge(raw, raw.members["b0"], [raw.members["d0"]]),
        split(raw, raw.members["a0"], lookup, engine=ENGINE),
    ]
    found = curate(join(raw, WORKS, lookup(WORKS), lookup), decisions, lookup).run
    assert found.members["d5"] == found.members["b4"] == found.members["b0"]
    assert found.members["a4"] == found.members["a0"] != found.members["a5"] == found.members["a1"]


def test_later_decisions_build_on_earlier_ones() -> None:
    both = merge(RUN, A, [B])
    merged = curate(RUN, [both], lookup).run
    parts = split(merged, A, lookup, engine=ENGINE)
    found = curate(RUN, [both, parts], lookup)
    assert found.lapsed == ()
    assert {frozenset(work[0] for work in found.run.works_of(part.id)) for part in parts.parts} == {
        frozenset("a"),
        frozenset("b"),
    }
    with pytest.raises(UnknownCluster):
        pin(merged, B)


def test_a_decision_lapses_where_it_finds_nothing_to_act_on() -> None:
    decisions: list[Decision] = [
        Pin(99),
        Merge(A, (99,)),
        Merge(99, (A,)),
        Move("a0", 99),
        Move("unknown", A),
        Exclude("unknown"),
        Split(99, (Part(99, ("a0",)), Part(100, ("a1",)))),
        Split(A, (Part(A, ("a0",)), Part(101, ("unknown",)))),
        Split(A, (Part(A, ("unknown",)), Part(102, ("a0",)))),
    ]
    found = curate(RUN, decisions, lookup)
    assert found.lapsed == tuple(decisions)
    assert found.run.members == RUN.members
    assert found.run.next_id == 103


def test_copies_of_a_picture_can_be_split_and_stay_so() -> None:
    works = ["x0", "x1", "x2"]
    same = lambda some: np.ones((len(some), 3), np.float32)  # noqa: E731
    run = recluster(works, same(works), 1, engine=ENGINE)
    decision = split(run, 1, same, engine=ENGINE, into=3)
    found = curate(run, [decision], same)
    assert [len(found.run.works_of(cluster.id)) for cluster in found.run.clusters] == [1, 1, 1]


@pytest.mark.parametrize(
    ("decide", "sentence"),
    [
        (lambda: merge(RUN, A, [A]), "cluster 1 cannot be merged with itself alone. Choose another cluster too."),
        (lambda: split(RUN, D, lookup, engine=ENGINE, into=7), "cluster 4 cannot be split in 7. Choose from 2 to 6"),
        (lambda: split(RUN, D, lookup, engine=ENGINE, into=1), "cluster 4 cannot be split in 1. Choose from 2 to 6"),
        (lambda: move(RUN, "unknown", A), "artwork unknown is in no cluster. "),
        (lambda: exclude(RUN, "unknown"), "artwork unknown is in no cluster. "),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(decide: object, sentence: str) -> None:
    with pytest.raises(BadDecision) as error:
        decide()  # type: ignore[operator]
    assert str(error.value).startswith(sentence)


def test_a_cluster_of_one_work_cannot_be_split() -> None:
    single = curate(RUN, [Exclude(work) for work in RUN.works_of(D)[1:]], lookup).run
    with pytest.raises(BadDecision, match="It has but one work"):
        split(single, D, lookup, engine=ENGINE)


@pytest.mark.parametrize(
    "decide",
    [
        lambda: pin(RUN, 9),
        lambda: merge(RUN, 9, [A]),
        lambda: merge(RUN, A, [9]),
        lambda: move(RUN, "a0", 9),
        lambda: split(RUN, 9, lookup, engine=ENGINE),
    ],
)
def test_a_decision_about_an_unknown_cluster_is_refused(decide: object) -> None:
    with pytest.raises(UnknownCluster, match="there is no cluster 9"):
        decide()  # type: ignore[operator]


@pytest.mark.parametrize("decision", EVERYTHING, ids=lambda decision: type(decision).__name__)
def test_decisions_survive_json(decision: Decision) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(decision)))) == decision


decisions_made = st.lists(
    st.one_of(
        st.builds(Pin, st.integers(1, 9)),
        st.builds(Merge, st.integers(1, 9), st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)),
        st.builds(Move, st.sampled_from(WORKS), st.integers(1, 9)),
        st.builds(Exclude, st.sampled_from(WORKS)),
        st.tuples(st.integers(1, 4), st.lists(st.sampled_from(WORKS), min_size=2, max_size=2, unique=True)).map(
            lambda drawn: Split(drawn[0], (Part(drawn[0], (drawn[1][0],)), Part(drawn[0] + 4, (drawn[1][1],))))
        ),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(decisions_made)
def test_whatever_is_decided_the_outcome_is_a_sound_run(decisions: list[Decision]) -> None:
    found = curate(RUN, decisions, lookup)
    active = [decision for decision in decisions if decision not in found.lapsed]
    run = found.run
    assert {cluster.id for cluster in run.clusters} == set(run.members.values())
    for cluster in run.clusters:
        assert cluster.medoids
        assert all(run.members[medoid] == cluster.id for medoid in cluster.medoids)
    sizes = [len(run.works_of(cluster.id)) for cluster in run.clusters]
    assert sizes == sorted(sizes, reverse=True)
    assert set(WORKS) - set(run.members) == wishes(decisions).excluded
    assert curate(RUN, decisions, lookup) == found
    last = decisions[-1] if decisions and decisions[-1] in active else None
    if isinstance(last, Move):
        assert run.members[last.work] == last.cluster
