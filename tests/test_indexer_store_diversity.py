"""No artist fills a list of neighbours, and no neighbour is lost on the way."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store.conditions import AnyOf
from indexer.store.diversity import spread
from indexer.store.engine import Hit


class Ranking:
    """An engine of hits that are ranked as they stand; counts what it is asked."""

    def __init__(self, artists: Sequence[str]) -> None:
        self.hits = [
            Hit(f"{number}", 1 - number / 1000, {"artist_slug": artist}) for number, artist in enumerate(artists)
        ]
        self.asked: list[int] = []

    def __call__(self, closed: Sequence[AnyOf], limit: int) -> list[Hit]:
        self.asked.append(limit)
        shut = {value for condition in closed for value in condition.values}
        return [hit for hit in self.hits if hit.payload["artist_slug"] not in shut][:limit]


@given(st.lists(st.sampled_from("abcdef"), max_size=120), st.integers(1, 8), st.integers(1, 40))
def test_the_best_within_each_artists_share_come_first(artists: list[str], share: int, wanted: int) -> None:
    ranking = Ranking(artists)
    seen: Counter[str] = Counter()
    expected = []
    for hit in ranking.hits:
        seen[hit.payload["artist_slug"]] += 1
        if seen[hit.payload["artist_slug"]] <= share:
            expected.append(hit)
    assert spread(ranking, share, wanted) == expected[:wanted]


def test_mixed_artists_take_one_round() -> None:
    ranking = Ranking([f"artist-{number % 50}" for number in range(500)])
    assert len(spread(ranking, 2, 25)) == 25
    assert ranking.asked == [50]


def test_the_worst_order_takes_a_round_for_each_doubling() -> None:
    ranking = Ranking([f"artist-{number // 100}" for number in range(10_000)])
    assert len(spread(ranking, 1, 25)) == 25
    assert ranking.asked == [50 * 2**round for round in range(len(ranking.asked))]
    assert len(ranking.asked) <= 8


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="1 result or more, not 0"):
        spread(Ranking(["a"]), 0, 5)
