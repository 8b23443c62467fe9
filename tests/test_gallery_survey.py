"""What pages tell of the collection as a whole: bands of likeness, artists like artists, and when it is read anew."""

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from exhibition import ARTISTS, CARD, Exhibition, random_vectors, settings_for
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gallery.survey import Surveyor, percent, words_for
from indexer.kinship import kin
from indexer.likeness import FEWEST, scale_of
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Filters
from indexer.variety import varied
from scraper.names import slug

RANDOM = np.random.default_rng(5)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_scale_tells_which_share_of_pairs_is_less_alike() -> None:
    vectors = unit(RANDOM.normal(size=(300, 8)))
    scale = scale_of(vectors)
    assert scale is not None
    cosines = (vectors @ vectors.T)[np.triu_indices(300, 1)]
    for cosine in (-0.5, 0.0, 0.3, 0.7):
        assert abs(scale.share_below(cosine) - np.mean(cosines < cosine)) < 0.01
    assert abs(np.mean(cosines < scale.cut) - 0.99) < 0.002
    assert (scale.share_below(-1.1), scale.share_below(1.1)) == (0.0, 1.0)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_who_is_closer_is_in_no_lower_band(one: float, other: float) -> None:
    scale = scale_of(random_vectors(80))
    assert scale is not None
    order = ("apart", "kindred", "near", "version", "same")
    low, high = sorted((one, other))
    assert order.index(scale.band(low)) <= order.index(scale.band(high))
    assert scale.share_below(low) <= scale.share_below(high)
    assert scale.band(1.0) == "same"


def test_of_a_handful_of_works_nothing_is_said() -> None:
    assert scale_of(random_vectors(FEWEST - 1)) is None
    assert scale_of(np.zeros((0, 4), np.float32)) is None


def test_vectors_of_any_length_make_the_same_scale() -> None:
    one, other = scale_of(random_vectors(50)), scale_of(random_vectors(50) * 7)
    assert one is not None
    assert other is not None
    assert np.allclose(one.cosines, other.cosines, atol=1e-5)


@pytest.mark.parametrize(
    ("share", "said"), [(0.5, "50 %"), (0.949, "94 %"), (0.996, "99.6 %"), (0.9999, "99.990 %"), (0.99999, "99.999 %")]
)
def test_a_share_below_one_is_never_told_as_a_hundred_percent(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_score_is_told_in_words() -> None:
    scale = scale_of(random_vectors(100))
    assert scale is not None
    assert words_for(scale, 1.0).startswith("The same picture, or all but: closer than any of a million")
    assert words_for(scale, -0.9) == "Not close: closer than 0 % of all pairs of works here"


def test_artists_of_two_kinds_of_works_are_alike_though_their_means_are_not() -> None:
    sea, wood, sky = np.eye(3, dtype=np.float32)
    # The second painted both of what the first and the third painted; its mean is near neither.
    vectors = np.stack([sea, sea, sea, wood, wood, sky])
    found = dict(kin({"sailor": [0, 1], "both": [2, 3], "forester": [4], "pilot": [5]}, vectors))
    assert [near.artist for near in found["sailor"]][0] == "both"
    assert found["sailor"][0].likeness == pytest.approx(0.75)
    assert found["both"][0].likeness == pytest.approx(0.75)
    assert {near.artist: near.likeness for near in found["pilot"]} == {"sailor": 0, "both": 0, "forester": 0}
    tie = found["forester"][0]
    assert (tie.artist, tie.ours, tie.theirs) == ("both", 4, 3)


def test_likeness_of_artists_goes_both_ways_and_its_tie_is_the_closest_pair() -> None:
    vectors = unit(RANDOM.normal(size=(60, 5)))
    rows = {f"artist-{at}": list(range(at * 12, at * 12 + 12)) for at in range(5)}
    found = {artist: {near.artist: near for near in them} for artist, them in kin(rows, vectors)}
    for one in rows:
        for other in set(rows) - {one}:
            near = found[one][other]
            assert near.likeness == pytest.approx(found[other][one].likeness, abs=1e-6)
            cosines = vectors[rows[one]] @ vectors[rows[other]].T
            assert near.likeness == pytest.approx((cosines.max(1).mean() + cosines.max(0).mean()) / 2, abs=1e-6)
            assert vectors[near.ours] @ vectors[near.theirs] == pytest.approx(cosines.max(), abs=1e-6)


def test_nobody_is_kin_to_nobody() -> None:
    assert list(kin({}, np.zeros((0, 4), np.float32))) == []
    assert list(kin({"alone": [0], "none": []}, random_vectors(1))) == [("alone", [])]


@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.just(3)), elements=st.floats(0.125, 1, width=32)), st.data())
def test_a_varied_choice_is_of_different_candidates_and_begins_with_the_best(
    rows: np.ndarray, data: st.DataObject
) -> None:
    scores = data.draw(st.lists(st.floats(-1, 1), min_size=len(rows), max_size=len(rows)))
    wanted, weight = data.draw(st.integers(1, 15)), data.draw(st.floats(0.01, 1))
    chosen = varied(scores, unit(rows), wanted, weight=weight)
    assert len(chosen) == len(set(chosen)) == min(wanted, len(rows))
    assert scores[chosen[0]] == max(scores)


def test_variety_passes_over_what_is_there_already() -> None:
    vectors = unit(np.array([[1, 0], [1, 0.01], [0, 1]], np.float32))
    assert varied([0.9, 0.89, 0.7], vectors, 2) == [0, 2]
    assert varied([0.9, 0.89, 0.7], vectors, 3, weight=1) == [0, 1, 2]
    assert varied([], np.zeros((0, 2), np.float32), 5) == []
    with pytest.raises(ValueError, match="between 0 and 1"):
        varied([0.9], vectors[:1], 1, weight=1.5)


@pytest.fixture
def kept(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ArtworkStore, Exhibition]]:
    own = exhibition.copy(tmp_path_factory.mktemp("survey"))
    with closing(open_store(own.settings())) as store:
        yield store, own


def test_a_survey_counts_artists_movements_and_decades(kept: tuple[ArtworkStore, Exhibition]) -> None:
    store, own = kept
    found = Surveyor(store).measure()
    assert found is not None
    assert {artist: group.count for artist, group in found.artists.items()} == {slug(name): 10 for name in ARTISTS}
    expected = [work for work in own.works if work.movement == "Tides"]
    assert found.movements["Tides"].count == len(expected)
    decades = found.movements["Tides"].years
    assert sum(count for _, count in decades) == sum(work.year is not None for work in expected)
    assert found.movements["Tides"].begins == min(work.year // 10 * 10 for work in expected if work.year is not None)
    for field, counts in found.values.items():
        assert {each.value: each.count for each in counts} == {
            each.value: each.count for each in store.facets(field, Filters())
        }
    near = found.kindred[slug(ARTISTS[0])]
    assert {each.slug for each in near} == {slug(name) for name in ARTISTS[1:]}
    assert all(each.ours.artist == ARTISTS[0] and each.theirs.artist == each.name for each in near)
    assert [each.likeness for each in near] == sorted((each.likeness for each in near), reverse=True)


def test_a_collection_is_surveyed_anew_only_when_it_has_changed(kept: tuple[ArtworkStore, Exhibition]) -> None:
    store, own = kept
    surveyor = Surveyor(store)
    first = surveyor.measure()
    assert surveyor.measure() is first
    store.delete([own.works[5].id])
    again = surveyor.measure()
    assert again is not None
    assert again is not first
    assert sum(group.count for group in again.artists.values()) == 39


def test_what_others_corrected_is_known_when_a_survey_is_old(
    kept: tuple[ArtworkStore, Exhibition], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, own = kept
    surveyor = Surveyor(store)
    first = surveyor.measure()
    store.set_fields({own.works[7].id: {"movement": "Undertow"}})
    assert surveyor.measure() is first
    monkeypatch.setattr("gallery.survey.AGE", 0.0)
    again = surveyor.measure()
    assert again and again.movements["Undertow"].count == 1


def test_the_first_survey_is_waited_for_only_by_who_says_so(kept: tuple[ArtworkStore, Exhibition]) -> None:
    surveyor = Surveyor(kept[0])
    surveyor.latest()
    assert surveyor.latest(patience=60) is not None
    assert surveyor.latest() is surveyor.latest(patience=60)


def test_an_empty_gallery_and_a_closed_store_end_no_thread_in_an_error(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = settings_for(tmp_path_factory.mktemp("nothing"))
    with closing(open_store(settings)) as store:
        assert Surveyor(store).latest(patience=60) is None
        store.prepare(CARD)
        assert Surveyor(store).latest(patience=60) is not None
        store.add([], {CONTENT: random_vectors(0)})
    assert Surveyor(store).latest(patience=60) is None
