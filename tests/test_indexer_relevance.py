"""How far is far: judged by how an artist's own works lie, robust against strangers among them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.relevance import FEWEST, Judgement, Strictness, judge
from indexer.store.model import CONTENT, STYLE

NOBODY = np.empty((0, 32), np.float32)


def around(seed: int, works: int, spread: float = 0.6) -> np.ndarray:
    """Return unit vectors around a direction of their own."""
    chance = np.random.default_rng(seed)
    centre = np.random.default_rng(seed // 1000).normal(size=32)
    rows = centre / np.linalg.norm(centre) + spread * chance.normal(size=(works, 32)) / np.sqrt(32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def far(new: np.ndarray, known: np.ndarray, strictness: Strictness = "usual") -> list[bool | None]:
    return [None if each is None else each.far for each in judge({CONTENT: new}, {CONTENT: known}, strictness)]


OWN, STRANGERS = around(1, 40), around(5001, 12)


def test_a_stranger_is_far_and_the_artists_own_works_are_not() -> None:
    assert far(STRANGERS[:4], OWN) == [True] * 4
    assert far(around(2, 6), OWN) == [False] * 6


def test_strangers_who_hang_there_already_do_not_let_others_in() -> None:
    mixed = np.concatenate([OWN, around(9001, 4)])
    assert far(STRANGERS[:4], mixed) == [True] * 4


def test_of_an_artist_with_too_few_works_new_ones_are_judged_by_each_other() -> None:
    together = np.concatenate([around(3, 14), STRANGERS[:1]])
    assert far(together, NOBODY) == [False] * 14 + [True]
    assert far(together, OWN[:3]) == [False] * 14 + [True]


def test_who_paints_what_the_artist_paints_is_far_by_style_and_a_photograph_by_its_subject() -> None:
    style = around(20_001, 40)
    painter, photograph, own = ((around(2, 1), around(30_001, 1)), (STRANGERS[:1], style[3:4]), (OWN[:1], style[:1]))
    for strange, (content, manner) in ((True, painter), (True, photograph), (False, own)):
        (judged,) = judge({CONTENT: content, STYLE: manner}, {CONTENT: OWN, STYLE: style}, "usual")
        assert judged is not None and judged.far == strange
    assert far(painter[0], OWN) == [False]
    # What an artist's works are like is asked of both lenses; the nearest are so in their mean.
    (judged,) = judge({CONTENT: OWN[:1], STYLE: style[:1]}, {CONTENT: OWN[1:], STYLE: style[1:]}, "usual")
    mean = (OWN[1:] @ OWN[0] + style[1:] @ style[0]) / 2
    assert judged is not None and [cosine for _, cosine in judged.nearest] == pytest.approx(
        sorted(mean)[::-1][:3], abs=1e-6
    )


@pytest.mark.parametrize("works", range(1, FEWEST + 1))
def test_of_too_few_nothing_is_said(works: int) -> None:
    assert far(around(4, works), NOBODY) == [None] * works


def test_the_nearest_works_are_named() -> None:
    (judged,) = judge({CONTENT: OWN[5:6]}, {CONTENT: np.delete(OWN, 5, axis=0)}, "usual")
    assert isinstance(judged, Judgement)
    cosines = np.delete(OWN, 5, axis=0) @ OWN[5]
    assert [row for row, _ in judged.nearest] == list(np.argsort(-cosines)[:3])
    assert [cosine for _, cosine in judged.nearest] == pytest.approx(sorted(cosines)[::-1][:3], abs=1e-6)


def test_switched_off_nothing_is_judged() -> None:
    assert far(STRANGERS, OWN, "off") == [None] * 12


@given(st.integers(1000, 90_000), st.integers(0, 40), st.integers(1, 12))
def test_stricter_holds_no_less_and_the_order_makes_no_difference(seed: int, known: int, new: int) -> None:
    own, others = around(seed, known), np.concatenate([around(seed + 7, new), around(91_000, 1)])
    lenient, usual, strict = (far(others, own, strictness) for strictness in ("lenient", "usual", "strict"))
    for less, normal, more in zip(lenient, usual, strict, strict=True):
        assert (less or False) <= (normal or False) <= (more or False)
    assert far(others[::-1], own[::-1]) == usual[::-1]
