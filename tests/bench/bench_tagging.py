"""How well a linear head learns curators' classes on real paintings, and what labelling the least sure first saves.

Run with `pytest tests/bench/bench_tagging.py -s`. Needs the paintings and weights kept beside the project, which it
embeds first (some minutes); GALLERY_BENCH_DATA may name the data folder of a collection of them instead.
"""

import csv
import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from indexer.preprocess import network_pixels, normalise
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import CONTENT, Vector
from indexer.tagging.doubt import uncertainty
from indexer.tagging.labels import groups_of, labels_of
from indexer.tagging.training import fit_head, train
from indexer.weights import find_weights
from scraper.pictures import open_upright

pytestmark = pytest.mark.shared

SHARED = Path(__file__).parents[3] / "shared"
WEIGHTS, ART = SHARED / "weights" / "resnet50-imagenet-fp16.pt", SHARED / "art" / "dev"
BUDGETS = (5, 10, 20, 40)
SEEDS = (0, 1, 2)
BATCHES = 4
FIELDS = ("artist", "style")


@dataclass(frozen=True)
class Paintings:
    """Vectors n x width with the artist and the style of each, and which are pictures of one work."""

    classes: dict[str, list[str]]
    vectors: Vector
    groups: NDArray[np.intp]


@pytest.fixture(scope="module")
def paintings() -> Paintings:
    data = os.environ.get("GALLERY_BENCH_DATA")
    if not data and not (WEIGHTS.exists() and ART.exists()):
        pytest.skip("the paintings and weights are not beside the project")
    artists, titles, styles, vectors = stored(Path(data)) if data else embedded()
    groups = groups_of(vectors, list(zip(artists, titles, strict=True)))
    return Paintings({"artist": artists, "style": styles}, vectors, groups)


def stored(folder: Path) -> tuple[list[str], list[str], list[str], Vector]:
    with closing(open_store(IndexerSettings(data_dir=folder, qdrant_url=None, _env_file=None))) as store:
        works = [work for batch in store.scan() for work in batch]
        vectors = store.vectors([work.id for work in works])
    told = [(work.artist, work.title, str(work.movement)) for work in works]
    artists, titles, styles = (list(column) for column in zip(*told, strict=True))
    return artists, titles, styles, vectors


def embedded() -> tuple[list[str], list[str], list[str], Vector]:
    from indexer.backbones import load

    with (ART / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    encoder = load(find_weights("resnet50", WEIGHTS, print), "cpu")
    parts = []
    for start in range(0, len(rows), 32):
        some = [open_upright(ART / row["file"], max_pixels=10**7) for row in rows[start : start + 32]]
        batch = normalise([network_pixels(image) for image in some], encoder.normalisation)
        parts.append(encoder.encode(batch).vectors[CONTENT])
    columns = ([row[name] for row in rows] for name in ("artist", "title", "movement"))
    artists, titles, styles = columns
    return artists, titles, styles, np.concatenate(parts)


@pytest.mark.parametrize("field", FIELDS)
def test_five_folds(paintings: Paintings, field: str) -> None:
    names = paintings.classes[field]
    classes = sorted(set(names))
    told = labels_of({str(row): {name: True} for row, name in enumerate(names)}, classes, True)
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
    names = np.array(paintings.classes[field])
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
    told = labels_of({str(row): {str(names[row]): True} for row in rows}, classes, True)
    return fit_head(told, paintings.vectors[rows], "bench").probabilities(paintings.vectors[ask])
