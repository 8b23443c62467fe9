"""Agreement of neighbours, on vectors whose answer is known and against a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.evaluate import Agreement, agreement


def by_hand(vectors: np.ndarray, labels: list[str]) -> tuple[float, float, float]:
    """The same three numbers the slow way, straight from their definitions."""
    rows = []
    for query, label in enumerate(labels):
        others = [i for i in range(len(labels)) if i != query]
        if label not in [labels[i] for i in others]:
            continue
        others.sort(key=lambda i: -float(vectors[query] @ vectors[i]))
        hits = [labels[i] == label for i in others]
        precisions = [sum(hits[: at + 1]) / (at + 1) for at, hit in enumerate(hits) if hit]
        rows.append((hits[0], sum(hits[:10]) / len(hits[:10]), sum(precisions) / len(precisions)))
    return tuple(np.mean(rows, axis=0)) if rows else (0.0, 0.0, 0.0)


def test_separate_groups_agree_fully() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32), 11, axis=0)
    found = agreement(vectors, [label for label in "abc" for _ in range(11)])
    assert str(found) == "P@1 1.000  P@10 1.000  mAP 1.000"
    assert (found.artworks, found.queries) == (33, 33)


def test_a_value_of_one_artwork_only_is_no_query_but_may_come_between() -> None:
    vectors = np.array([[1, 0], [0.9, 0.1], [0.5, 0.5]], dtype=np.float32)
    found = agreement(vectors, ["a", "single", "a"])
    assert (found.artworks, found.queries, found.at_1) == (3, 2, 0.0)
    assert found.at_10 == found.mean_average_precision == 0.5


@pytest.mark.parametrize("labels", [[], ["a"], ["a", "b", "c"]])
def test_nothing_to_compare_is_an_answer(labels: list[str]) -> None:
    assert agreement(np.ones((len(labels), 4), np.float32), labels) == Agreement(len(labels), 0, 0.0, 0.0, 0.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_it_is_what_the_definitions_say(count: int, kinds: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = [str(kind) for kind in random.integers(0, kinds, count)]
    found = agreement(vectors * 3, labels)
    assert (found.at_1, found.at_10, found.mean_average_precision) == pytest.approx(by_hand(vectors, labels), abs=1e-6)
