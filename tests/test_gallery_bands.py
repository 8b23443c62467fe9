"""Where "the same" and "a version" begin: by what curators said of pairs, once they have judged enough."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exhibition import Exhibition
from hypothesis import given
from hypothesis import strategies as st

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.duplicates.calibrating import Bands, bands_file, calibrate, model_of, write_bands
from gallery.duplicates.deciding import give_verdict, undo
from gallery.holdings.house import House
from gallery.models.duplicates import DuplicatePair, Verdict
from gallery.survey import Surveyor, surveyor
from indexer.likeness import FEWEST_JUDGED, Scale, limits_of, parted
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT

MANY = FEWEST_JUDGED + 10
COSINES = st.lists(st.floats(-1, 1, width=32), min_size=FEWEST_JUDGED, max_size=FEWEST_JUDGED + 5)


@contextmanager
def house_of(own: Exhibition, database: Database) -> Iterator[House]:
    with closing(open_store(own.settings())) as store:
        yield House.of(own.settings(), database, store)


@pytest.fixture
def house(exhibition: Exhibition, sqlite: Database, tmp_path: Path) -> Iterator[House]:
    with house_of(exhibition.copy(tmp_path / "gallery"), sqlite) as house:
        yield house


def judge(house: House, verdict: Verdict, cosines: np.ndarray, model: str | None = None) -> None:
    """Put made-up verdicts about works that were merged away long ago into the database."""
    with house.database.writing() as session:
        begun = session.query(DuplicatePair).count()
        for at, cosine in enumerate(cosines, begun):
            pair = DuplicatePair(one=f"{at:064x}", other="f" * 64, kind="near", score=1.0, rank=1.0, open=False)
            pair.verdict, pair.model = verdict, model or model_of(house.store)
            # By style they are all the other way round; one in two has no style yet.
            style = {"style": 1 - float(cosine)} if at % 2 else {}
            pair.cosines = {CONTENT: float(cosine), "statistics": None, **style}
            session.add(pair)


def test_bands_go_by_verdicts_once_enough_were_given(house: House) -> None:
    judge(house, "same-work", np.linspace(0.93, 1.0, MANY))
    judge(house, "variant", np.linspace(0.85, 0.92, MANY))
    judge(house, "different", np.linspace(0.60, 0.80, FEWEST_JUDGED - 1))
    app = create_app(Exhibition(house.facts.parent.parent, ()).settings(), house.store, house.database)
    with app.app_context():
        before = surveyor().measure()
        assert before and before.scale
        usual = before.scale.begins
        assert "from fifty on each side" not in app.test_client().get("/about").text
        write_bands(house)
        known = surveyor().latest()
        assert known and known.scale and known.scale.limits
        # One verdict short of what the line between versions and different works needs: it stays where it was.
        assert known.scale.limits.same == pytest.approx(0.925) and known.scale.limits.version is None
        assert known.scale.band(0.926) == "same"
        assert known.scale.begins["version"] == min(usual["version"], known.scale.begins["same"])
        assert "The first begins where what curators said of 169 pairs" in app.test_client().get("/about").text
        judge(house, "different", np.array([0.81]))
        write_bands(house)
        known = surveyor().latest()
        assert known and known.scale
        assert [known.scale.band(cosine) for cosine in (0.926, 0.92, 0.831, 0.829)][:3] == [
            "same",
            "version",
            "version",
        ]
        assert known.scale.band(0.829) != "version"
        page = app.test_client().get("/about").text
        assert "The first two begin where what curators said of 170 pairs" in page
        assert "<td>0.93</td>" in page or "<td>0.92</td>" in page


def test_bands_of_another_lens_and_of_a_mix_go_by_the_cosines_in_it(house: House) -> None:
    judge(house, "different", np.linspace(0.93, 1.0, 2 * MANY))
    judge(house, "same-work", np.linspace(0.60, 0.80, 2 * MANY))
    write_bands(house)
    bands, model = Bands(bands_file(house)), model_of(house.store)
    by_style = bands.of(model, {"style": 1})
    assert by_style and by_style.judged == 2 * MANY
    assert by_style.same is not None and 0.07 < by_style.same < 0.20
    mixed = bands.of(model, {CONTENT: 30, "style": 70})
    assert mixed and mixed.same is not None and 0.32 < mixed.same < 0.45
    assert bands.of(model, {"palette": 1}) is None


def test_verdicts_that_tell_too_little_are_counted_and_change_nothing(house: House) -> None:
    judge(house, "same-file", np.linspace(0.99, 1.0, 3))
    write_bands(house)
    found = Bands(bands_file(house)).of(model_of(house.store))
    assert found and (found.same, found.version, found.judged) == (None, None, 3)


@pytest.mark.usefixtures("cheap_hashes")
def test_a_verdict_notes_how_alike_the_works_were_and_undone_it_counts_no_more(house: House) -> None:
    by = people.add(house.database, "Cleo", "seven brass lanterns", "curator")
    works = next(iter(house.store.scan()))[:2]
    one, other = sorted(work.sha256 for work in works)
    with house.database.writing() as session:
        pair = DuplicatePair(one=one, other=other, kind="alike", score=0.5, rank=3.5)
        session.add(pair)
    vectors = house.store.vectors([work.id for work in works])
    cosine = float(vectors[0] @ vectors[1] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[1]))
    act = give_verdict(house, pair.id, "different", by)
    with house.database.reading() as session:
        noted = session.get(DuplicatePair, pair.id)
        assert noted and noted.cosines and noted.model == model_of(house.store)
        assert noted.cosines == {CONTENT: pytest.approx(cosine, abs=1e-6), "statistics": None}
    bands = Bands(bands_file(house))
    found = bands.of(model_of(house.store))
    assert found and found.judged == 1
    undo(house, act, by)
    assert bands.of(model_of(house.store)) is None


def test_cosines_of_another_model_do_not_count_and_are_measured_again_where_both_works_hang_here(house: House) -> None:
    works = next(iter(house.store.scan()))[:2]
    one, other = sorted(work.sha256 for work in works)
    judge(house, "different", np.array([0.1, 0.2]), model="another")
    with house.database.writing() as session:
        pair = DuplicatePair(one=one, other=other, kind="alike", score=0.5, rank=3.5, open=False, verdict="variant")
        session.add(pair)
    calibrate(house)
    bands = Bands(bands_file(house))
    found = bands.of(model_of(house.store))
    assert found and found.judged == 1
    assert bands.of("another") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model": "x", "same": 1}', "\udcff"])
def test_a_damaged_file_of_bands_leaves_pages_to_the_sampled_pairs(
    content: str, exhibition: Exhibition, tmp_path: Path
) -> None:
    file = tmp_path / "bands.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    own = exhibition.copy(tmp_path / "gallery")
    with closing(open_store(own.settings())) as store:
        found = told(store, file)
    assert found.limits is None
    assert found.band(1.0) == "same"


def told(store: ArtworkStore, file: Path) -> Scale:
    kept = Surveyor(store, file)
    assert kept.measure()
    known = kept.latest()
    assert known and known.scale
    return known.scale


@given(COSINES, COSINES)
def test_an_edge_keeps_apart_at_least_as_well_as_any_cosine_of_them(above: list[float], below: list[float]) -> None:
    high, low = np.array(above, np.float32), np.array(below, np.float32)

    def right(edge: float) -> float:
        return float((high.astype(np.float64) >= edge).mean() + (low.astype(np.float64) < edge).mean())

    edge = parted(high, low)
    assert edge is not None
    assert right(edge) >= max(right(float(each)) for each in (*high, *low)) - 1e-9
    assert parted(high[1:], low[: FEWEST_JUDGED - 1]) is None


@given(COSINES, COSINES, COSINES)
def test_bands_follow_each_other_whatever_was_said(one: list[float], other: list[float], rest: list[float]) -> None:
    limits = limits_of(*(np.array(each, np.float32) for each in (one, other, rest)))
    scale = Scale(np.array([0, 0.5, 0.8], np.float32), np.array([0, 0.99, 1], np.float32))
    for said in (limits, replace(limits, same=None), replace(limits, version=None)):
        begins = replace(scale, limits=said).begins
        assert begins["same"] >= begins["version"]
