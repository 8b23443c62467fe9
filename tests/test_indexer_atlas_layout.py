"""Where works lie on the map: a cell for each, and a layout that lies as the one before."""

import numpy as np
import pytest
from exhibition import random_vectors
from hypothesis import given
from hypothesis import strategies as st

from indexer.atlas.grid import Board, NoRoom, settle, side_for
from indexer.atlas.layout import FEW, lay_out
from indexer.atlas.orientation import turned

# Places


@given(st.integers(0, 120), st.integers(0, 5), st.booleans())
def test_every_work_has_a_cell_of_its_own_within_the_grid(works: int, seed: int, heaped: bool) -> None:
    points = np.random.default_rng(seed).random((works, 2)) * (0.01 if heaped else 1.0)
    side = side_for(works)
    cells = settle(points, side)
    assert len({tuple(cell) for cell in cells.tolist()}) == works
    assert ((cells >= 0) & (cells < side)).all()
    assert (settle(points, side) == cells).all()


def test_a_lone_point_gets_its_own_cell_and_the_next_one_beside_it() -> None:
    board = Board(10)
    assert tuple(board.take(np.array([0.55, 0.35]))) == (5, 3)
    column, row = board.take(np.array([0.55, 0.35]))
    assert abs(column - 5) + abs(row - 3) == 1
    assert tuple(board.take(np.array([1.0, 1.0]))) == (9, 9)


def test_a_full_grid_has_no_room() -> None:
    board = Board(2)
    for _ in range(4):
        board.take(np.array([0.0, 0.0]))
    with pytest.raises(NoRoom):
        board.take(np.array([0.9, 0.9]))


@given(st.floats(0, 6.28), st.booleans(), st.floats(0.2, 5), st.integers(0, 9))
def test_a_layout_that_was_turned_mirrored_and_scaled_is_turned_back(
    angle: float, mirrored: bool, scale: float, seed: int
) -> None:
    before = np.random.default_rng(seed).random((12, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (before * ([-1, 1] if mirrored else [1, 1])) @ turn * scale + 3
    known = before.copy()
    known[9:] = np.nan
    assert np.allclose(turned(moved, known), before, atol=1e-6)


def test_with_nothing_to_lie_like_a_layout_stays() -> None:
    points = np.random.default_rng(0).random((5, 2))
    unknown = np.full((5, 2), np.nan)
    assert turned(points, unknown) is points
    assert turned(np.ones((5, 2)), points) is not None


# A layout


@pytest.mark.parametrize("works", [1, 2, 3, FEW])
def test_a_few_works_are_laid_out_without_umap(works: int) -> None:
    vectors = random_vectors(works)
    points = lay_out(vectors, np.full((works, 2), np.nan), 0)
    assert points.shape == (works, 2)
    assert ((points >= 0) & (points <= 1)).all()


@pytest.mark.filterwarnings("default")
def test_umap_keeps_groups_together_is_the_same_each_time_and_lies_as_before() -> None:
    random = np.random.default_rng(1)
    middles = random.normal(size=(3, 64))
    groups = np.repeat(np.arange(3), 40)
    vectors = (middles[groups] + random.normal(scale=0.2, size=(120, 64))).astype(np.float32)
    none = np.full((120, 2), np.nan)
    points = lay_out(vectors, none, 3)
    far = ((points[:, None] - points[None]) ** 2).sum(2) + np.eye(120) * 9
    assert (groups[far.argmin(1)] == groups).mean() > 0.95
    assert (lay_out(vectors, none, 3) == points).all()
    again = lay_out(vectors, points, 3)
    # Mirrored or turned by a quarter, it would be 0 and less.
    ours, theirs = (each - each.mean(0) for each in (again, points))
    assert (ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.9
