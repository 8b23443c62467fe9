"""How many wrong labels planted among real paintings come first, by each method and combined, and how long it takes.

Run with `pytest tests/bench/bench_labels.py -s`. GALLERY_BENCH_DATA names the data folder of a collection of the
paintings kept beside the project.
"""

import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import Artwork, Vector
from indexer.suspicion.chances import chances
from indexer.suspicion.finding import Collection, suspicious_artists, suspicious_movements, suspicious_years, works_of
from indexer.suspicion.neighbours import nearest, short
from indexer.suspicion.outliers import standing
from indexer.suspicion.years import deviations

pytestmark = pytest.mark.shared

SHARE, SEEDS = 20, (0, 1, 2)
WORKS = 10_000


@pytest.fixture(scope="module")
def paintings() -> tuple[list[Artwork], Vector]:
    folder = os.environ.get("GALLERY_BENCH_DATA")
    if not folder:
        pytest.skip("GALLERY_BENCH_DATA names no collection")
    with closing(open_store(IndexerSettings(data_dir=Path(folder), qdrant_url=None, _env_file=None))) as store:
        works = [work for batch in store.scan() for work in batch]
        return works, store.vectors([work.id for work in works])


def planted(works: Sequence[Artwork], field: str, random: np.random.Generator) -> tuple[list[Artwork], NDArray]:
    """Return the works with 5 % of a field made wrong, and which those are."""
    known = [row for row, work in enumerate(works) if getattr(work, field) is not None]
    chosen, wrong, made = random.choice(known, len(known) // SHARE, replace=False), np.zeros(len(works), bool), [*works]
    wrong[chosen] = True
    values = sorted({(work.artist, work.artist_slug) for work in works})
    movements = sorted({work.movement for work in works if work.movement})
    for row in chosen:
        work = works[row]
        if field == "artist":
            artist, slug = random.choice([value for value in values if value[1] != work.artist_slug])
            made[row] = replace(work, artist=str(artist), artist_slug=str(slug))
        elif field == "movement":
            made[row] = replace(
                work, movement=str(random.choice([name for name in movements if name != work.movement]))
            )
        else:
            made[row] = replace(work, year=(work.year or 0) + int(random.choice((-1, 1)) * random.integers(100, 200)))
    return made, wrong


def gathered(works: Sequence[Artwork], vectors: Vector) -> Collection:
    # As they were before: a wrong artist does not tell which works are one picture.
    near = nearest(short(lambda: iter([vectors]), len(vectors)), [(work.artist_slug, work.title) for work in works])
    return Collection(works, near, {}, 2026)


def figures(score: NDArray, wrong: NDArray) -> list[float]:
    """Return precision among the first 100, recall among as many as are wrong, and average precision."""
    ordered = wrong[np.argsort(-score, kind="stable")]
    at = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return [float(ordered[:100].mean()), float(ordered[: wrong.sum()].sum() / wrong.sum()), float(at[ordered].mean())]


def odds(probabilities: NDArray, true: NDArray) -> NDArray:
    logs = np.log(np.maximum(probabilities.astype(float), 1e-6))
    rows, others = np.arange(len(true)), logs.copy()
    others[rows, true] = -np.inf
    return np.asarray(others.max(1) - logs[rows, true])


def by_method(about: Collection, field: str, wrong: NDArray) -> dict[str, list[float]]:
    if field == "year":
        stated = np.array([np.nan if work.year is None else work.year for work in about.works])
        far, known = deviations(stated, about.near, about.codes(about.artists)), ~np.isnan(stated)
        ways = {"neighbours": far.by_neighbours, "the artist's other years": far.by_artist, "combined": far.combined}
        return {name: figures(np.nan_to_num(way[known]), wrong[known]) for name, way in ways.items()}
    codes = {
        "artist": about.codes(about.artists),
        "movement": about.codes(about.movements),
        "decade": about.codes(about.decades),
    }
    values = about.artists if field == "artist" else about.movements
    with_facts = chances(values, about.near, [code for name, code in codes.items() if name != field])
    true, bad = np.nanargmax(with_facts.labels.truth, 1), wrong[with_facts.rows]
    found = {
        "neighbours": figures(odds(with_facts.by_neighbours, true), bad),
        "head": figures(odds(with_facts.by_head, true), bad),
        "both": figures(odds(chances(values, about.near, []).combined, true), bad),
        "both, with facts": figures(odds(with_facts.combined, true), bad),
    }
    if field == "artist":
        out = np.zeros(len(about.works))
        for rows in works_of(about.artists).values():
            out[rows] = standing(rows, about.near).deviations
        found["outliers"] = figures(out, wrong)
    return found


SEARCHES = {"artist": suspicious_artists, "movement": suspicious_movements, "year": suspicious_years}


@pytest.mark.parametrize("field", SEARCHES)
def test_planted_labels_come_first(paintings: tuple[list[Artwork], Vector], field: str) -> None:
    works, vectors = paintings
    told: dict[str, list[list[float]]] = {}
    asked = []
    for seed in SEEDS:
        made, wrong = planted(works, field, np.random.default_rng(seed))
        about = replace(gathered(works, vectors), works=made)
        for method, found in by_method(about, field, wrong).items():
            told.setdefault(method, []).append(found)
        findings = {finding.sha256 for finding in SEARCHES[field](about).findings}
        bad = {work.sha256 for work, is_wrong in zip(made, wrong, strict=True) if is_wrong}
        asked.append((len(findings), len(findings & bad) / len(bad)))
    for method, rows in told.items():
        print(f"\n{field:9} {method:26} P@100, recall, AP: {np.mean(rows, 0).round(3)} +- {np.std(rows, 0).round(3)}")
    print(f"\n{field:9} asked about {np.mean(asked, 0).round(3)} (labels, share of the wrong ones)")
    best = {"artist": "both, with facts", "movement": "both, with facts", "year": "combined"}[field]
    assert np.mean(told[best], 0)[2] > 0.85


def test_how_long_ten_thousand_works_take(paintings: tuple[list[Artwork], Vector]) -> None:
    works, vectors = paintings
    random, rows = np.random.default_rng(0), np.arange(WORKS) % len(works)
    # Each round is another hundred painters: the same pictures shifted alike, so that they lie near each other.
    rounds = np.arange(WORKS) // len(works)
    shifts = random.standard_normal((rounds.max() + 1, vectors.shape[1])).astype(np.float32) * 0.01
    noise = random.standard_normal((WORKS, vectors.shape[1])).astype(np.float32) * 0.008
    many = vectors[rows] + shifts[rounds] + noise
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    made = [
        replace(works[row], sha256=f"{at:064x}", artist_slug=f"{works[row].artist_slug}-{rounds[at]}", artist="x")
        for at, row in enumerate(rows)
    ]
    begun = time.process_time()
    about = gathered(made, many)
    spent, found = {"neighbours": time.process_time() - begun}, Counter[str]()
    for field, search in SEARCHES.items():
        found[field] = len(search(about).findings)
        spent[field] = time.process_time() - begun - sum(spent.values())
    artists = len(set(about.artists))
    print(f"\n{WORKS} works, {artists} artists: {sum(spent.values()):.1f} s of processor", spent, dict(found))
    assert sum(spent.values()) < 60
