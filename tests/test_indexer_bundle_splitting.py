"""Splits: what belongs together is on one side, shares come out, and nothing moves that need not."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from indexer.bundle.order import Split
from indexer.bundle.splitting import groups, sides
from indexer.errors import BadOrder
from indexer.store.model import Artwork

Drawn = tuple[list[Artwork], list[tuple[str, str]]]


def work(number: int, title: str = "Untitled", artist: str = "Ada Ochre") -> Artwork:
    return Artwork(f"{number * 7919 % 99991:064x}", title, artist, "a", 1, 1, "PNG", float(number), 1)


@st.composite
def collections(draw: st.DrawFn) -> Drawn:
    """Works, some of the same name, and pairs of them, some through works that are not there."""
    titles = st.sampled_from(["Untitled", "", "Sea", "sea ", "Cliff", "Boat"])
    count = draw(st.integers(1, 24))
    works = [work(number, draw(titles), draw(st.sampled_from(["A", "B"]))) for number in range(count)]
    ends = st.sampled_from([*(each.sha256 for each in works), "e" * 64, "f" * 64])
    return works, draw(st.lists(st.tuples(ends, ends), max_size=12))


splits = st.builds(
    lambda shares, seed: Split.parse("/".join(map(str, shares)), seed),
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)),
    st.integers(0, 99),
)


@given(collections(), splits)
def test_no_group_is_on_two_sides(drawn: Drawn, split: Split) -> None:
    works, pairs = drawn
    found = sides(works, pairs, split)
    assert found.keys() == {each.sha256 for each in works}
    for one, other in pairs:
        assert found.get(one, 1) == found.get(other, 1) or not {one, other} <= found.keys()
    names = {(each.sha256, each.artist, each.title.strip().lower()) for each in works}
    for one, artist, title in names:
        for other, its_artist, its_title in names:
            if title not in ("", "untitled") and (artist, title) == (its_artist, its_title):
                assert found[one] == found[other]


@given(collections(), splits, st.randoms(use_true_random=False))
def test_the_order_of_works_and_pairs_makes_no_difference(drawn: Drawn, split: Split, chance: object) -> None:
    works, pairs = drawn
    before = sides(works, pairs, split)
    shuffled = [(other, one) for one, other in pairs]
    chance.shuffle(works)  # type: ignore[attr-defined]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sides(works, shuffled, split) == before


@given(collections(), splits, st.data())
def test_a_work_that_is_added_moves_no_other(drawn: Drawn, split: Split, data: st.DataObject) -> None:
    works, pairs = drawn
    known = groups(works, pairs)
    new = work(1000, data.draw(st.sampled_from(["Untitled", "Sea", "Lake"])), "A")
    like = data.draw(st.lists(st.sampled_from(sorted(known)), max_size=2))
    joined = pairs + [(new.sha256, each) for each in like]
    after = groups([*works, new], joined)
    # A work that is like two that had nothing in common brings them together, and one of them has to move.
    assume(len(set(known.values())) == len({after[each] for each in known}))
    before = sides(works, pairs, split)
    assert {each: side for each, side in sides([*works, new], joined, split).items() if each in known} == before


@pytest.mark.parametrize("seed", range(5))
def test_shares_come_out(seed: int) -> None:
    found = Counter(sides([work(number) for number in range(6_000)], (), Split.parse("80/10/10", seed)).values())
    # Five standard deviations of a binomial: 155 and 116 works.
    assert abs(found["train"] - 4_800) < 155
    assert abs(found["validation"] - 600) < 116
    assert abs(found["test"] - 600) < 116


def test_another_seed_is_another_split_and_a_side_without_a_share_is_empty() -> None:
    works = [work(number) for number in range(300)]
    one, other = (sides(works, (), Split.parse("50/0/50", seed)) for seed in (1, 2))
    assert one != other
    assert set(one.values()) == {"train", "test"}


def test_works_without_a_name_of_their_own_have_nothing_in_common() -> None:
    works = [work(number, title) for number, title in enumerate(["Untitled", "Untitled", "", ""])]
    assert len(set(groups(works, ()).values())) == 4


@pytest.mark.parametrize("text", ["", "80", "80/20", "80/10/10/0", "0/0/0", "80/-10/30", "nan/1/1", "inf/1/1", "a/b/c"])
def test_what_is_no_split_is_refused(text: str) -> None:
    with pytest.raises(BadOrder, match="three shares"):
        Split.parse(text)


def test_shares_are_parts_of_their_sum() -> None:
    assert Split.parse("8/1/1") == Split.parse("80/10/10") == Split((0.8, 0.1, 0.1))
    assert str(Split.parse("8/1/1")) == "80/10/10"
