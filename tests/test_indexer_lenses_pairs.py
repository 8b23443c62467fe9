"""What cosines mean in each lens and in a mix of them, by pairs of works."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.lenses.pairs import Pairs, load_pairs, pairs_of, save_pairs
from indexer.likeness import FEWEST, scale_of
from indexer.store.model import CONTENT, STYLE, Vector


def drawn(works: int, seed: int) -> Vector:
    rows = np.random.default_rng(seed).normal(size=(works, 24)).astype(np.float32)
    unit: Vector = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def sample(works: int) -> tuple[dict[str, Vector], Pairs]:
    vectors = {CONTENT: drawn(works, 1), STYLE: drawn(works, 2)}
    return vectors, pairs_of("1-name", works, vectors)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 100), st.integers(1, 100))
def test_a_mix_has_the_scale_of_vectors_that_have_its_cosines(first: int, second: int) -> None:
    vectors, pairs = sample(FEWEST + 4)
    scale = pairs.scale({CONTENT: first, STYLE: second})
    shares = first / (first + second), second / (first + second)
    joined = np.concatenate([shares[0] ** 0.5 * vectors[CONTENT], shares[1] ** 0.5 * vectors[STYLE]], axis=1)
    whole = scale_of(joined)
    assert scale is not None and whole is not None
    np.testing.assert_allclose(scale.cosines, whole.cosines, atol=1e-3)


def test_of_too_few_works_nothing_can_be_said() -> None:
    assert sample(FEWEST - 1)[1].scale({STYLE: 1}) is None
    assert sample(FEWEST)[1].scale({STYLE: 1}) is not None


def test_pairs_outlast_being_written_and_damaged_ones_are_none(tmp_path: Path) -> None:
    _, pairs = sample(40)
    path = tmp_path / "lenses" / "pairs.npz"
    save_pairs(path, pairs)
    again = load_pairs(path)
    assert again is not None
    assert (again.statistics, again.works, again.lenses) == ("1-name", 40, {CONTENT, STYLE})
    for lens, cosines in pairs.cosines.items():
        np.testing.assert_array_equal(again.cosines[lens], cosines)
    whole = path.read_bytes()
    for content in (b"", b"nothing of ours", whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert load_pairs(path) is None
    with pytest.raises(FileNotFoundError):
        load_pairs(tmp_path / "none.npz")
