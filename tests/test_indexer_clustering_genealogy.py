"""What becomes of clusters: each case by hand, then the accounts that must balance whatever happens."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.clustering.genealogy import SAME, Flow, Mover, compare, inherit

clusterings = st.dictionaries(st.integers(0, 30).map("work {}".format), st.integers(1, 5), max_size=30)


def members(**clusters: str) -> dict[str, int]:
    """Read `c1="abc"` as the works a, b and c in cluster 1."""
    return {work: int(name[1:]) for name, works in clusters.items() for work in works}


def kinds(before: dict[str, int], after: dict[str, int]) -> tuple[dict[int, str], dict[int, str]]:
    found = compare(before, after)
    return {fate.cluster: fate.kind for fate in found.fates}, {origin.cluster: origin.kind for origin in found.origins}


def test_a_cluster_that_kept_most_of_its_works_keeps_its_id() -> None:
    before = members(c4="abcdef", c9="ghijkl")
    after = members(c0="ghijkx", c1="abcdel", c2="yz")
    assert inherit(before, after, next_id=10) == {0: 9, 1: 4, 2: 10}


def test_works_of_one_run_only_do_not_change_who_continues_whom() -> None:
    before = members(c1="abcdefgh", c2="ijkl")
    assert inherit(before, members(c0="a0123456789", c1="i"), next_id=3) == {0: 1, 1: 2}


def test_too_little_overlap_is_a_new_cluster() -> None:
    before = members(c1="abcdef", c2="ghijkl")
    assert inherit(before, members(c0="abcghi", c1="dkl", c2="efj"), next_id=7)[0] == 1  # 3 of 9: a third
    assert inherit(before, members(c0="abghd", c1="cijk", c2="elf"), next_id=7) == {0: 1, 1: 2, 2: 7}
    assert inherit(before, members(c0="abcdefghijkl"), next_id=7, preferred=[2]) == {0: 2}


def test_a_preferred_cluster_wins_over_a_larger_overlap() -> None:
    before = members(c1="abcdef", c2="ghij")
    after = members(c0="abcdefghij")
    assert inherit(before, after, next_id=3) == {0: 1}
    assert inherit(before, after, next_id=3, preferred={2}) == {0: 2}


def test_settled_ids_are_given_to_nobody_else() -> None:
    before = members(c1="abcdef", c2="ghij")
    assert inherit(before, members(c0="xyz", c1="abcdef"), next_id=3, settled={0: 1}) == {0: 1, 1: 3}


def test_a_split_has_parts() -> None:
    before, after = members(c1="abcdef", c2="xyz"), members(c1="abc", c3="def", c2="xyz")
    assert kinds(before, after) == ({1: "split", 2: "kept"}, {1: "kept", 2: "kept", 3: "split"})
    assert compare(before, after).movers == ()


def test_a_merge_takes_in() -> None:
    before, after = members(c1="abcdef", c2="ghij"), members(c1="abcdefghij")
    assert kinds(before, after) == ({1: "kept", 2: "merged"}, {1: "merged"})
    assert compare(before, after).movers == ()


def test_clusters_are_born_of_new_works_and_die_when_their_works_scatter_or_go() -> None:
    before = members(c1="abcdefgh", c2="ijklmnop", c3="1234567890", c4="q")
    after = members(c1="abcdefgh1234", c2="ijklmnop567", c5="xyz90")
    before["r"] = 3
    assert kinds(before, after) == (
        {1: "kept", 2: "kept", 3: "died", 4: "died"},
        {1: "kept", 2: "kept", 5: "born"},
    )


def test_movers_are_those_that_no_split_or_merge_explains() -> None:
    before, after = members(c1="abcdef", c2="ghijkl"), members(c1="abcdeg", c2="fhijkl", c3="xyz")
    found = compare(before, after)
    assert found.movers == (Mover("f", 1, 2), Mover("g", 2, 1))
    assert found.fates[0].into == (Flow(1, 5), Flow(2, 1))
    assert found.origins[2].sources == ()


def test_nothing_before_or_after_is_no_trouble() -> None:
    assert kinds({}, members(c1="ab")) == ({}, {1: "born"})
    assert kinds(members(c1="ab"), {}) == ({1: "died"}, {})
    assert inherit({}, {}, next_id=1) == {}


@settings(max_examples=150, deadline=None)
@given(clusterings, clusterings)
def test_every_work_and_every_cluster_is_accounted_for(before: dict[str, int], after: dict[str, int]) -> None:
    found = compare(before, after)
    assert [fate.cluster for fate in found.fates] == sorted(set(before.values()))
    assert [origin.cluster for origin in found.origins] == sorted(set(after.values()))
    flows = Counter((before[work], after[work]) for work in before.keys() & after.keys())
    assert Counter({(f.cluster, to.cluster): to.works for f in found.fates for to in f.into}) == flows
    assert Counter({(of.cluster, o.cluster): of.works for o in found.origins for of in o.sources}) == flows
    for fate in found.fates:
        assert fate.size == Counter(before.values())[fate.cluster]
        assert (fate.kind == "kept") <= (fate.cluster in after.values())
        assert (fate.kind in ("merged", "died")) <= (fate.cluster not in after.values())
    for origin in found.origins:
        assert (origin.kind in ("split", "born")) <= (origin.cluster not in before.values())
    changed = {work for work in before.keys() & after.keys() if before[work] != after[work]}
    assert {mover.work for mover in found.movers} <= changed


@settings(max_examples=100, deadline=None)
@given(clusterings, clusterings, st.sets(st.integers(1, 5)))
def test_ids_are_given_once_and_only_to_clusters_that_overlap(
    before: dict[str, int], labels: dict[str, int], preferred: set[int]
) -> None:
    ids = inherit(before, labels, next_id=6, preferred=preferred)
    assert set(ids) == set(labels.values())
    assert len(set(ids.values())) == len(ids)
    assert inherit(before, before, next_id=6) == {cluster: cluster for cluster in before.values()}
    for label, cluster in ids.items():
        old = {work for work, c in before.items() if c == cluster and work in labels}
        new = {work for work, c in labels.items() if c == label and work in before}
        if cluster < 6:
            assert len(old & new) / len(old | new) >= SAME - 1e-9
