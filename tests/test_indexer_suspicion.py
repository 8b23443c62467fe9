"""Suspicious labels among vectors of which it is known what is wrong: found, proved, with no copy for a witness."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import artwork

from indexer.store.model import Artwork, Vector
from indexer.suspicion.chances import goes_with, votes
from indexer.suspicion.finding import Collection, suspicious_artists, suspicious_movements, suspicious_years
from indexer.suspicion.model import Found
from indexer.suspicion.neighbours import nearest, short
from indexer.suspicion.outliers import standing
from indexer.suspicion.years import deviations, impossible
from indexer.tagging.labels import joined

STYLES = ("Ada Ochre", "Émile Brandt", "Noor Vale")
MOVEMENTS = ("Realism", "Cubism", "Realism")


def hung(each: int = 16) -> tuple[list[Artwork], Vector]:
    """Three artists who paint unlike each other, two of one movement, each in a decade of their own."""
    random = np.random.default_rng(5)
    works, vectors = [], []
    for at, artist in enumerate(STYLES):
        middle = np.zeros(24)
        middle[at], middle[20] = 3, 1
        for number in range(each):
            slug = artist.split()[0].lower()
            works.append(
                replace(
                    artwork(len(works), artist=artist, artist_slug=slug),
                    title=f"{artist} {number}",
                    movement=MOVEMENTS[at],
                    year=1700 + 100 * at + number,
                )
            )
            vectors.append(middle + random.standard_normal(24) * 0.35)
    found = np.asarray(vectors, np.float32)
    return works, np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def about(works: Sequence[Artwork], vectors: Vector, **lives: tuple[int | None, int | None]) -> Collection:
    names = [(work.artist_slug, work.title) for work in works]
    return Collection(works, nearest(short(lambda: iter([vectors]), len(vectors)), names), lives, 2026)


def by_work(found: Found) -> dict[str, tuple[str | None, str]]:
    return {each.sha256: (each.suggested, each.reason) for each in found.findings}


def test_a_planted_artist_and_movement_come_first_with_three_works_that_prove_it() -> None:
    works, vectors = hung()
    works[3] = replace(works[3], artist=STYLES[1], artist_slug="émile")
    works[20] = replace(works[20], movement="Realism")
    artists, movements = suspicious_artists(about(works, vectors)), suspicious_movements(about(works, vectors))
    assert artists.judged == movements.judged == len(works)
    first = max(artists.findings, key=lambda each: each.strength)
    assert (first.sha256, first.stated, first.suggested) == (works[3].sha256, STYLES[1], STYLES[0])
    theirs = {work.sha256 for work in works[:16]} - {works[3].sha256}
    assert len(first.evidence["proof"]) == 3 and set(first.evidence["proof"]) <= theirs
    assert first.evidence["chance"] > first.evidence["chance_stated"]
    first = max(movements.findings, key=lambda each: each.strength)
    assert (first.sha256, first.stated, first.suggested) == (works[20].sha256, "Realism", "Cubism")


def test_a_copy_does_not_vouch_for_its_copy() -> None:
    works, vectors = hung()
    copies = [replace(works[3], sha256=f"{number:064x}", title=f"Copy {number}") for number in range(900, 925)]
    wrong = [replace(work, artist=STYLES[1], artist_slug="émile") for work in (works[3], *copies)]
    works = [*works[:3], wrong[0], *works[4:], *wrong[1:]]
    all_ = np.concatenate([vectors, np.repeat(vectors[3:4], len(copies), axis=0)])
    here = about(works, all_)
    assert len({int(here.near.groups[row]) for row in [3, *range(48, 73)]}) == 1
    assert not set(here.near.rows[3].tolist()) & set(range(48, 73))
    codes = here.codes(here.artists)
    assert votes(here.near, codes, 3)[3].argmax() == codes[0]
    assert by_work(suspicious_artists(here))[works[3].sha256][0] == STYLES[0]


def test_versions_that_people_named_are_one_picture_whatever_they_look_like() -> None:
    works, vectors = hung(each=4)
    names = [(work.artist_slug, work.title) for work in works]
    near = nearest(vectors, names, [(0, 5), (5, 9)])
    assert near.groups[0] == near.groups[5] == near.groups[9] != near.groups[1]
    assert not {0, 9} & set(near.rows[5].tolist())
    assert len({int(group) for group in near.groups[near.rows[1][near.rows[1] >= 0]]}) == (near.rows[1] >= 0).sum()


def test_years_far_off_and_years_that_cannot_be() -> None:
    works, vectors = hung()
    works[2] = replace(works[2], year=1860)
    works[40] = replace(works[40], year=2300)
    found = {
        each.sha256: each
        for each in suspicious_years(about(works, vectors, émile=(1740, 1805), ada=(None, None))).findings
    }
    assert found[works[2].sha256].reason == "far" and found[works[2].sha256].evidence["expected"] in range(1700, 1716)
    assert found[works[40].sha256].evidence["why"] == "in the future"
    late = [work for work in works[16:32] if work.year and work.year > 1805]
    assert all("death in 1805" in found[work.sha256].evidence["why"] for work in late)
    assert works[0].sha256 not in found and works[16].sha256 not in found
    assert impossible(1730, 1740, None, 2026) == "before the artist's birth in 1740"
    assert impossible(1740, 1740, 1740, 2026) is None


def test_a_work_unlike_all_others_of_its_artist_stands_out_and_alone_in_a_small_set_none_does() -> None:
    works, vectors = hung()
    vectors[5] = np.eye(24, dtype=np.float32)[23]
    found = by_work(suspicious_artists(about(works, vectors)))
    assert found[works[5].sha256][1] in ("outlier", "alike")
    near = about(works, vectors).near
    out = standing(np.arange(16), near)
    assert out.deviations.argmax() == 5 and out.medoid != 5 and out.spread > 0
    assert not standing(np.array([5, 6, 7]), near).deviations.any()


@pytest.mark.parametrize("kept", [0, 1, 2, 9])
def test_too_few_works_are_said_to_be_too_few(kept: int) -> None:
    works, vectors = hung()
    rows = [0, 20][:kept] if kept < 3 else [*range(5), *range(16, 20)]
    some = [replace(works[row], movement=None, year=None) for row in rows]
    if not some:
        return
    here = about(some, vectors[rows])
    artists = suspicious_artists(here)
    assert (
        not artists.findings and artists.judged == 0 and artists.remark and "five different pictures" in artists.remark
    )
    assert "movements" in str(suspicious_movements(here).remark)
    assert suspicious_years(here).remark == "Too few works have a year to compare years by."


def test_a_small_artist_is_not_judged_and_said_so() -> None:
    works, vectors = hung()
    rows = [*range(32), 33, 34]
    found = suspicious_artists(about([works[row] for row in rows], vectors[rows]))
    assert found.judged == 32
    assert found.remark == "Not judged, with fewer than five different pictures by the same artist: Noor Vale."


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 3), st.integers(0, 5)), min_size=1, max_size=30))
def test_what_goes_with_a_class_is_counted_without_a_works_own_group(rows: list[tuple[int, int, int]]) -> None:
    codes, fact, groups = (np.array(column, np.intp) for column in zip(*rows, strict=True))
    found = goes_with(codes, fact, groups, 3)
    known = [(code, has) for code, has, _ in rows if code >= 0 and has >= 0]
    usual = {has: sum(other == has for _, other in known) / max(1, len(known)) for has in range(4)}
    for row, (code, has, group) in enumerate(rows):
        if code < 0:
            continue
        others = [(c, f) for c, f, g in rows if g != group and c >= 0 and f >= 0]
        for at in range(3):
            if has < 0:
                assert found[row, at] == 0
                continue
            same, whole = sum(pair == (at, has) for pair in others), sum(other == at for other, _ in others)
            wanted = np.log((same + 2 * max(usual[has], 1e-6)) / (whole + 2))
            assert found[row, at] == pytest.approx(wanted, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(1500, 1900)), min_size=2, max_size=24))
def test_deviations_of_years_are_known_where_there_is_enough_to_compare_with(given_: list[int | None]) -> None:
    years = np.array([np.nan if year is None else year for year in given_])
    vectors = np.random.default_rng(1).standard_normal((len(years), 8)).astype(np.float32)
    near = nearest(vectors, [("a", str(row)) for row in range(len(years))])
    found = deviations(years, near, np.zeros(len(years), np.intp))
    enough = (~np.isnan(years)).sum() > 5
    assert (~np.isnan(found.combined) == (~np.isnan(years) & enough)).all()
    assert (found.combined[~np.isnan(found.combined)] >= 0).all()


def test_works_that_pairs_and_names_join_are_one_group() -> None:
    groups = joined([("a", "x"), ("a", "X "), ("b", "x"), ("c", "y")], [(2, 3)])
    assert groups[0] == groups[1] and groups[2] == groups[3] and groups[0] != groups[2]
