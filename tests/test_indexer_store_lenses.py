"""Several lenses in one collection, whichever engine is behind it: added later, filled, searched, and mixed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_rest import ErrorsOfAServer, StandIn, local_client
from store_samples import CARD, artworks, vectors

from gallery.settings import GallerySettings
from indexer.errors import NoVector, UnknownArtwork, UnknownLens, WrongModel, WrongWidth
from indexer.store import ArtworkStore, open_store
from indexer.store.blend import shares_of
from indexer.store.collection import Collection
from indexer.store.manifest import card_from_json, card_to_json
from indexer.store.model import CONTENT, PALETTE, STYLE, Artwork, Examples, Filters, Vector
from indexer.store.server import ServerEngine

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

COUNT = 120
WORKS = artworks(COUNT)
ROWS: dict[str, Vector] = {
    CONTENT: vectors(COUNT),
    STYLE: vectors(COUNT, 8, seed=6),
    PALETTE: vectors(COUNT, 5, seed=7),
}
WIDTHS = {STYLE: 8, PALETTE: 5}
HALF = 2e-3  # what rounding to half precision may change of a score


def own(*lenses: str, rows: slice = slice(None)) -> dict[str, Vector]:
    return {lens: ROWS[lens][rows] for lens in lenses}


@pytest.fixture(params=["edge", "memory", "http"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArtworkStore]:
    """Yield a store with nothing in it, made for `content` alone as all are."""
    with StandIn() as stand_in:
        store: ArtworkStore
        if request.param == "memory":
            store = Collection(ServerEngine(ErrorsOfAServer(local_client()), "lenses", "memory", 1))  # type: ignore[arg-type]
        else:
            url = stand_in.url if request.param == "http" else None
            store = open_store(GallerySettings(data_dir=tmp_path, qdrant_url=url, _env_file=None))  # type: ignore[call-arg]
        store.prepare(CARD)
        yield store
        store.close()


@pytest.fixture
def full(empty: ArtworkStore) -> ArtworkStore:
    """Return a store whose works got their lenses after they were stored."""
    empty.add(WORKS, own(CONTENT))
    empty.extend(WIDTHS, "1-aa")
    empty.set_vectors([work.id for work in WORKS], own(STYLE, PALETTE))
    return empty


def test_a_collection_of_one_lens_gets_more_and_keeps_what_it_has(full: ArtworkStore) -> None:
    card = full.stats().card
    assert card is not None
    assert (dict(card.widths), card.statistics) == ({**CARD.widths, **WIDTHS}, "1-aa")
    ids = [work.id for work in WORKS[:5]]
    for lens, rows in ROWS.items():
        np.testing.assert_allclose(full.vectors(ids, lens=lens), rows[:5], atol=1e-3)
    assert full.get(WORKS[0].id) == WORKS[0]
    assert full.stats().artworks == COUNT


def test_a_collection_with_more_lenses_is_still_that_models_and_another_models_is_not(full: ArtworkStore) -> None:
    full.prepare(CARD)
    card = full.stats().card
    assert card is not None
    assert card.widths.keys() == ROWS.keys()
    assert card.covers(CARD)
    assert not CARD.covers(card)
    with pytest.raises(WrongModel):
        full.prepare(card_from_json(card_to_json(CARD) | {"weights_sha256": "ef" * 32}))


def test_lenses_outlive_the_process(tmp_path: Path) -> None:
    settings = GallerySettings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    store = open_store(settings)
    store.prepare(CARD)
    store.add(WORKS, own(CONTENT))
    store.extend(WIDTHS, "1-aa")
    store.set_vectors([work.id for work in WORKS[:50]], own(STYLE, PALETTE, rows=slice(50)))
    store.close()
    store = open_store(settings)
    try:
        assert len(store.marks([work.id for work in WORKS])) == 50
        np.testing.assert_allclose(store.vectors([WORKS[3].id], lens=STYLE), ROWS[STYLE][3:4], atol=1e-3)
        store.optimize()
        assert store.similar(WORKS[3].id, Filters(), lens={STYLE: 1, PALETTE: 1}, size=60).found
    finally:
        store.close()


def test_marks_tell_which_works_lack_what_the_statistics_make(empty: ArtworkStore) -> None:
    ids = [work.id for work in WORKS[:4]]
    empty.add(WORKS[:1], own(CONTENT, rows=slice(1)))
    empty.extend(WIDTHS, "1-aa")
    empty.add(WORKS[1:2], own(*ROWS, rows=slice(1, 2)))
    empty.add(WORKS[2:4], own(CONTENT, rows=slice(2, 4)))
    assert empty.marks([*ids, "not an id"]) == {ids[1]: "1-aa"}
    empty.set_vectors(ids[:1], own(STYLE, rows=slice(1)))
    assert empty.marks(ids) == {ids[1]: "1-aa"}
    empty.set_vectors(ids[:1], own(STYLE, PALETTE, rows=slice(1)))
    assert empty.marks(ids) == {ids[0]: "1-aa", ids[1]: "1-aa"}
    empty.extend(WIDTHS, "1-bb")
    empty.set_vectors(ids[2:3], own(STYLE, PALETTE, rows=slice(2, 3)))
    assert empty.marks(ids) == {ids[0]: "1-aa", ids[1]: "1-aa", ids[2]: "1-bb"}


def test_changed_facts_leave_vectors_and_marks(full: ArtworkStore) -> None:
    full.set_fields({WORKS[0].id: {"title": "Another"}})
    assert full.marks([WORKS[0].id]) == {WORKS[0].id: "1-aa"}
    np.testing.assert_allclose(full.vectors([WORKS[0].id], lens=PALETTE), ROWS[PALETTE][:1], atol=1e-3)


def test_a_lens_of_another_width_begins_empty(full: ArtworkStore) -> None:
    full.extend({STYLE: 6, PALETTE: 5}, "2-cc")
    with pytest.raises(NoVector):
        full.vectors([WORKS[0].id], lens=STYLE)
    full.set_vectors([WORKS[0].id], {STYLE: vectors(1, 6), PALETTE: ROWS[PALETTE][:1]})
    assert full.vectors([WORKS[0].id], lens=STYLE).shape == (1, 6)
    np.testing.assert_allclose(full.vectors([WORKS[1].id]), ROWS[CONTENT][1:2], atol=1e-3)


@pytest.mark.parametrize("lens", [STYLE, {CONTENT: 1.0, STYLE: 1.0}])
def test_a_work_without_a_vector_says_so_and_one_that_is_not_there_is_unknown(
    empty: ArtworkStore, lens: str | Mapping[str, float]
) -> None:
    empty.add(WORKS[:2], own(CONTENT, rows=slice(2)))
    empty.extend(WIDTHS, "1-aa")
    empty.set_vectors([WORKS[1].id], own(STYLE, PALETTE, rows=slice(1, 2)))
    with pytest.raises(NoVector, match="gallery lenses fit"):
        empty.similar(WORKS[0].id, Filters(), lens=lens)
    for bad in (WORKS[5].id, "not an id"):
        with pytest.raises(UnknownArtwork):
            empty.similar(bad, Filters(), lens=lens)
    found = empty.similar(WORKS[1].id, Filters(), lens=lens).found
    assert [hit.artwork.id for hit in found] in ([], [WORKS[0].id])


def test_what_does_not_fit_is_refused_and_nothing_is_stored(full: ArtworkStore) -> None:
    ids = [WORKS[0].id]
    with pytest.raises(WrongWidth):
        full.set_vectors(ids, {STYLE: vectors(1, 7)})
    with pytest.raises(UnknownLens):
        full.set_vectors(ids, {"mood": vectors(1, 7)})
    with pytest.raises(ValueError, match="2 vectors"):
        full.set_vectors(ids, {STYLE: vectors(2, 8)})
    with pytest.raises(ValueError, match="no vectors for lens 'content'"):
        full.add(WORKS[:1], own(STYLE, rows=slice(1)))
    for bad in (artworks(COUNT + 1)[COUNT].id, "not an id"):
        with pytest.raises(UnknownArtwork):
            full.set_vectors([WORKS[0].id, bad], {STYLE: vectors(2, 8)})
    np.testing.assert_allclose(full.vectors(ids, lens=STYLE), ROWS[STYLE][:1], atol=1e-3)


# --- likeness in a lens, and in a mix ---


def expected(shares: Mapping[str, float], number: int, filters: Filters) -> list[tuple[Artwork, float]]:
    """Return what should be found, by arithmetic."""
    scores = sum(share * (ROWS[lens] @ ROWS[lens][number]) for lens, share in shares.items())
    known = [
        (work, float(score))
        for work, score in zip(WORKS, np.asarray(scores), strict=True)
        if work is not WORKS[number]
        and filters.movement in (None, work.movement)
        and filters.artist in (None, work.artist_slug)
    ]
    return sorted(known, key=lambda each: -each[1])


MIXES = st.fixed_dictionaries({lens: st.floats(0, 100) for lens in ROWS}).filter(lambda mix: sum(mix.values()) > 1)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=MIXES,
    number=st.integers(0, COUNT - 1),
    filters=st.builds(Filters, movement=st.sampled_from([None, "Tides"]), artist=st.sampled_from([None, "painter-3"])),
    stored=st.booleans(),
)
def test_a_mix_ranks_by_the_weighted_mean_of_its_cosines(
    full: ArtworkStore, weights: dict[str, float], number: int, filters: Filters, stored: bool
) -> None:
    shares = shares_of(weights)
    if stored:
        found = full.similar(WORKS[number].id, filters, lens=weights, size=200).found
    else:
        point = {lens: ROWS[lens][number] for lens in ROWS}
        hits = full.similar(point, filters, lens=weights, size=200).found
        found = tuple(hit for hit in hits if hit.artwork != WORKS[number])
    wanted = expected(shares, number, filters)
    assert {hit.artwork.id for hit in found} == {work.id for work, _ in wanted}
    scores = {work.id: score for work, score in wanted}
    for hit in found:
        assert hit.score == pytest.approx(scores[hit.artwork.id], abs=2 * HALF)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_each_lens_has_neighbours_of_its_own(full: ArtworkStore) -> None:
    for lens in ROWS:
        found = full.similar(WORKS[0].id, Filters(), lens=lens, size=10).found
        assert [hit.score for hit in found] == pytest.approx(
            [score for _, score in expected({lens: 1}, 0, Filters())[:10]], abs=HALF
        )
    style = full.similar({STYLE: ROWS[STYLE][0]}, Filters(), lens=STYLE, size=1).found
    assert style[0].artwork == WORKS[0]


def test_pages_of_a_mix_follow_one_another_and_heed_the_cap_and_the_cut_off(full: ArtworkStore) -> None:
    mix = {CONTENT: 30, STYLE: 70}
    whole = full.similar(WORKS[0].id, Filters(), lens=mix, size=40).found
    pages = [full.similar(WORKS[0].id, Filters(), lens=mix, size=20, number=number) for number in (1, 2)]
    paged = [hit for page in pages for hit in page.found]
    assert [hit.artwork for hit in paged] == [hit.artwork for hit in whole]
    # The sums are rounded in other places where more is asked for at once.
    assert [hit.score for hit in paged] == pytest.approx([hit.score for hit in whole], abs=1e-6)
    assert pages[0].more
    capped = full.similar(WORKS[0].id, Filters(), lens=mix, size=40, per_artist=2).found
    assert max(sum(hit.artwork.artist == each.artwork.artist for hit in capped) for each in capped) == 2
    cut = whole[5].score
    assert len(full.similar(WORKS[0].id, Filters(), lens=mix, size=40, min_score=cut - 1e-4).found) in (6, 7)


def test_a_mix_is_one_query(full: ArtworkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = full._engine  # type: ignore[attr-defined]
    asked: list[object] = []
    if isinstance(engine, ServerEngine):
        real = engine.client.query_points
        monkeypatch.setattr(engine.client, "query_points", lambda *a, **k: asked.append(k) or real(*a, **k))
    else:
        plain = engine._search
        monkeypatch.setattr(engine, "_search", lambda *a: asked.append(a) or plain(*a))
    full.similar(WORKS[0].id, Filters(), lens={CONTENT: 30, STYLE: 70})
    assert len(asked) == 1


@pytest.mark.parametrize("weights", [{}, {CONTENT: 0.0}, {CONTENT: -1.0, STYLE: 2.0}, {CONTENT: float("nan")}])
def test_a_mix_of_nothing_is_refused(full: ArtworkStore, weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a mix needs weights"):
        full.similar(WORKS[0].id, Filters(), lens=weights)


def test_examples_in_a_mix_are_their_mean_away_from_that_of_the_dislikes(full: ArtworkStore) -> None:
    shares = {CONTENT: 0.3, STYLE: 0.7}
    found = full.similar(Examples([WORKS[0].id, WORKS[1].id], [WORKS[2].id]), Filters(), lens=shares, size=9).found
    expected = np.zeros(len(WORKS))
    for lens, share in shares.items():
        rows = full.vectors([work.id for work in WORKS], lens=lens)
        way = rows[0] + rows[1] - rows[2]
        expected += share * (rows @ way) / np.linalg.norm(way)
    order = [row for row in np.argsort(-expected) if row > 2][:9]
    assert [each.artwork.id for each in found] == [WORKS[row].id for row in order]
    np.testing.assert_allclose([each.score for each in found], expected[order], atol=5e-3)


def test_what_cannot_be_mixed_says_so(full: ArtworkStore) -> None:
    mix = {CONTENT: 1, STYLE: 1}
    with pytest.raises(ValueError, match="a vector for each"):
        full.similar(ROWS[CONTENT][0], Filters(), lens=mix)
    with pytest.raises(UnknownLens):
        full.similar(WORKS[0].id, Filters(), lens={CONTENT: 1, "mood": 1})
    assert full.similar(Examples([WORKS[0].id]), Filters(), lens=STYLE).found
