"""What holds clusters together, by hand and straight from the definitions of share and lift."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.clustering.traits import Trait, traits


def test_traits_are_what_a_cluster_has_more_of() -> None:
    members = {f"m{n}": 1 for n in range(10)} | {f"r{n}": 2 for n in range(10)}
    artist = {f"m{n}": ["Monet"] for n in range(8)} | {f"r{n}": ["Rembrandt"] for n in range(10)}
    tags = {work: ["oil", *(["boat"] if work in ("m0", "m1", "m2", "r0") else [])] for work in members}
    found = traits(members, {"artist": artist, "tags": tags})
    assert found == {
        1: [Trait("artist", "Monet", 8, 0.8, 2.0), Trait("tags", "boat", 3, 0.3, 1.5)],
        2: [Trait("artist", "Rembrandt", 10, 1.0, 2.0)],
    }
    assert found[1][0].weight == pytest.approx(0.8)


def test_two_works_are_chance_and_unclustered_works_count_as_the_collection() -> None:
    members = {"a": 1, "b": 1, "c": 1}
    values = {"artist": {"a": ["x"], "b": ["x"], "c": ["y"], "d": ["y"]}, "tags": {w: ["t", "t"] for w in "abc"}}
    assert traits(members, values) == {1: []}
    elsewhere: dict[str, list[str]] = {"d": [], "e": [], "f": []}
    assert traits(members, {"tags": {**values["tags"], **elsewhere}}) == {1: [Trait("tags", "t", 3, 1.0, 2.0)]}


def test_only_the_most_telling_traits_of_a_field_are_named() -> None:
    members = {str(n): n % 2 for n in range(40)}
    tags = {str(n): [f"tag {m}" for m in range(9)] for n in range(0, 40, 2)}
    found = traits(members, {"tags": tags}, most=3)
    assert [trait.value for trait in found[0]] == ["tag 0", "tag 1", "tag 2"]


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 40).map(str), st.integers(1, 3)), st.data())
def test_lift_and_share_are_what_their_definitions_say(members: dict[str, int], data: st.DataObject) -> None:
    values = {str(n): data.draw(st.sets(st.sampled_from("xyz"))) for n in range(data.draw(st.integers(0, 40)))}
    total = len(values.keys() | members.keys())
    for cluster, some in traits(members, {"f": values}).items():
        inside = [work for work, owner in members.items() if owner == cluster]
        for trait in some:
            having = {work for work, worn in values.items() if trait.value in worn}
            assert trait.support == len(having & set(inside)) >= 3
            assert trait.share == pytest.approx(trait.support / len(inside))
            assert trait.lift == pytest.approx(trait.share / (len(having) / total))
        assert [trait.weight for trait in some] == sorted((trait.weight for trait in some), reverse=True)
