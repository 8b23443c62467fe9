"""How well a linear head learns curators' classes on real paintings, and what labelling the least sure first saves.

Run with `pytest tests/bench/bench_tagging.py -s`. Needs the paintings kept beside the project, embedded once: the
folder with a collection of them is named by GALLERY_BENCH_DATA.
"""

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from gallery.tagging.publishing import vectors_of
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import Artwork, Vector
from indexer.tagging.doubt import uncertainty
from indexer.tagging.labels import groups_of, labels_of
from indexer.tagging.training import fit_head, train

pytestmark = pytest.mark.shared

BUDGETS = (5, 10, 20, 40)
SEEDS = (0, 1, 2)
BATCHES = 4
FIELDS: dict[str, Callable[[Artwork], str | None]] = {
    "artist": lambda work: work.artist,
    "style": lambda work: work.movement,
}


@dataclass(frozen=True)
class Paintings:
    works: list[Artwork]
    vectors: Vector
    groups: NDArray[np.intp]


@pytest.fixture(scope="module")
def paintings() -> Paintings:
    folder = os.environ.get("GALLERY_BENCH_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GALLERY_BENCH_DATA names no folder with the paintings' collection")
    with closing(open_store(IndexerSettings(data_dir=Path(folder), qdrant_url=None, _env_file=None))) as store:
        works = [work for batch in store.scan() for work in batch]
        vectors = vectors_of(store, [work.id for work in works])
    return Paintings(works, vectors, groups_of(vectors, [(work.artist, work.title) for work in works]))


@pytest.mark.parametrize("field", FIELDS)
def test_five_folds(paintings: Paintings, field: str) -> None:
    names = [str(FIELDS[field](work)) for work in paintings.works]
    classes = sorted(set(names))
    told = labels_of({work.id: {name: True} for work, name in zip(paintings.works, names, strict=True)}, classes, True)
    began = time.perf_counter()
    made = train(told, paintings.vectors, paintings.groups, "bench")
    took = time.perf_counter() - began
    print(
        f"\n{field}: {len(classes)} classes, {len(names)} works in {len(set(paintings.groups.tolist()))} groups: "
        f"5-fold accuracy {made.report.accuracy:.3f}, macro F1 {made.report.macro_f1:.3f}, "
        f"calibration error {made.report.calibration_error:.3f}, {took:.1f} s"
    )
    assert made.report.accuracy > 2 / len(classes)


@pytest.mark.parametrize("field", FIELDS)
def test_learning_curve(paintings: Paintings, field: str) -> None:
    names = np.array([str(FIELDS[field](work)) for work in paintings.works])
    classes = sorted(set(names.tolist()))
    right: dict[tuple[str, int], list[float]] = {}
    with threadpool_limits(1):
        for seed in SEEDS:
            for order in ("least sure", "random"):
                for budget, accuracy in _curve(paintings, names, classes, order, seed):
                    right.setdefault((order, budget), []).append(accuracy)
    print(f"\n{field}: accuracy on a held-out quarter by labels for each class (mean of {len(SEEDS)} runs, +- spread)")
    print("labels      " + "".join(f"{budget:>16}" for budget in BUDGETS))
    for order in ("least sure", "random"):
        told = [right[order, budget] for budget in BUDGETS]
        print(f"{order:<12}" + "".join(f"{np.mean(each):>9.3f} +-{np.std(each):.3f}" for each in told))
    assert np.mean(right["random", 40]) > np.mean(right["random", 5])


def _curve(
    paintings: Paintings, names: NDArray[np.str_], classes: list[str], order: str, seed: int
) -> list[tuple[int, float]]:
    """Return the accuracy at each budget; both orders begin with the same labels, evenly drawn."""
    chance = np.random.default_rng(seed)
    held_out = np.isin(paintings.groups, chance.permutation(np.unique(paintings.groups))[: len(names) // 4])
    pool = np.flatnonzero(~held_out)
    chosen = [row for name in classes for row in chance.permutation(pool[names[pool] == name])[: BUDGETS[0]]]
    told = []
    for budget in BUDGETS:
        want = min(budget * len(classes), len(pool))
        step = max(1, -(-(want - len(chosen)) // BATCHES))
        while len(chosen) < want:
            left = np.setdiff1d(pool, chosen)
            count = min(step, want - len(chosen))
            if order == "random":
                chosen += chance.permutation(left)[:count].tolist()
            else:
                unsure = uncertainty(_head(paintings, names, classes, chosen, left), exclusive=True)
                chosen += left[np.argsort(-unsure, kind="stable")[:count]].tolist()
        said = _head(paintings, names, classes, chosen, np.flatnonzero(held_out)).argmax(1)
        told.append((budget, float((np.array(classes)[said] == names[held_out]).mean())))
    return told


def _head(
    paintings: Paintings, names: NDArray[np.str_], classes: list[str], rows: list[int], ask: NDArray[np.intp]
) -> NDArray[np.float32]:
    told = labels_of({paintings.works[row].id: {str(names[row]): True} for row in rows}, classes, True)
    return fit_head(told, paintings.vectors[rows], "bench").probabilities(paintings.vectors[ask])
