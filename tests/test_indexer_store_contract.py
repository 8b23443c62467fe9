"""What every store does with the works it is given, whichever engine is behind it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from store_engines import COUNT, ROWS, UNKNOWN, WORKS, Opener
from store_samples import CARD, OTHER, WIDTH, artwork, artworks, vectors

from indexer.errors import (
    BrokenVector,
    StoreClosed,
    StoreMissing,
    UnknownArtwork,
    UnknownLens,
    WrongModel,
    WrongWidth,
)
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Examples, Filters

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]
READS: dict[str, Callable[[ArtworkStore], Any]] = {
    "missing": lambda store: store.missing([UNKNOWN]),
    "revisions": lambda store: store.revisions([UNKNOWN]),
    "get": lambda store: store.get(UNKNOWN),
    "page": lambda store: store.page(Filters()),
    "similar": lambda store: store.similar(UNKNOWN, Filters()),
    "facets": lambda store: store.facets("licence", Filters()),
    "covers": lambda store: store.covers("licence", ["unknown"]),
    "vectors": lambda store: store.vectors([UNKNOWN]),
    "scan": lambda store: list(store.scan()),
    "stats": lambda store: store.stats(),
    "add": lambda store: store.add(WORKS[:1], {CONTENT: ROWS[:1]}),
    "set_fields": lambda store: store.set_fields({UNKNOWN: {"title": "x"}}),
    "delete": lambda store: store.delete([UNKNOWN]),
    "optimize": lambda store: store.optimize(),
}


def test_nothing_can_be_read_or_written_before_there_is_a_collection(opener: Opener) -> None:
    store = opener()
    for verb, call in READS.items():
        with pytest.raises(StoreMissing, match="no collection yet. Run `gallery index` first"):
            call(store)
            pytest.fail(verb)


def test_a_dropped_collection_is_missing_and_a_closed_store_says_so(empty: ArtworkStore) -> None:
    empty.drop()
    for verb, call in READS.items():
        with pytest.raises(StoreMissing):
            call(empty)
            pytest.fail(verb)
    empty.prepare(CARD)
    empty.close()
    empty.close()
    for verb, call in READS.items():
        with pytest.raises(StoreClosed, match="is closed"):
            call(empty)
            pytest.fail(verb)


def test_a_missing_collection_may_be_dropped_and_closed(opener: Opener) -> None:
    store = opener()
    store.drop()
    store.close()


def test_preparing_again_keeps_what_is_stored(empty: ArtworkStore) -> None:
    empty.add(WORKS[:3], {CONTENT: ROWS[:3]})
    empty.prepare(replace(CARD, widths=dict(CARD.widths)))
    assert empty.page(Filters()).total == 3


def test_another_model_is_refused_and_both_are_named(empty: ArtworkStore) -> None:
    empty.add(WORKS[:3], {CONTENT: ROWS[:3]})
    for card in (
        OTHER,
        replace(CARD, preprocessing="larger"),
        replace(CARD, weights_sha256="ef" * 32),
        replace(CARD, widths={CONTENT: 13}),
        replace(CARD, widths={CONTENT: WIDTH, "style": 4}),
    ):
        with pytest.raises(WrongModel) as refusal:
            empty.prepare(card)
        assert str(CARD) != str(card)
        assert str(CARD) in str(refusal.value)
        assert str(card) in str(refusal.value)
    assert empty.page(Filters()).total == 3


def test_a_dropped_collection_can_be_made_by_another_model(empty: ArtworkStore) -> None:
    empty.add(WORKS[:3], {CONTENT: ROWS[:3]})
    empty.drop()
    wide = replace(OTHER, widths={CONTENT: 5})
    empty.prepare(wide)
    assert empty.page(Filters()).total == 0
    empty.add(WORKS[:2], {CONTENT: vectors(2, 5)})
    assert empty.stats().card == wide


def test_stats_say_what_there_is(full: ArtworkStore) -> None:
    stats = full.stats()
    assert (stats.artworks, stats.card) == (COUNT, CARD)
    assert stats.engine.startswith("Qdrant")
    assert stats.where


def test_an_artwork_comes_back_as_it_went_in(empty: ArtworkStore) -> None:
    whole = artwork(
        1,
        title="Ωmega “quoted” 富嶽\n",
        medium="oil",
        institution="Museum",
        licence_url="https://example.org/l",
        holder="H",
        credit="C",
        source="webpage",
        page_url="https://example.org/1",
        artist_match="exact",
        placeholder="UklGRg==",
        year=-300,
        added_at=1_700_000_000.123456,
    )
    bare = artwork(2, tags=(), year=None, movement=None)
    empty.add([whole, bare], {CONTENT: ROWS[:2]})
    assert empty.get(whole.id) == whole
    assert empty.get(bare.id) == bare


def test_adding_again_replaces(empty: ArtworkStore) -> None:
    empty.add(WORKS[:5], {CONTENT: ROWS[:5]})
    newer = replace(WORKS[2], title="Renamed", year=None, revision=9)
    empty.add([newer], {CONTENT: ROWS[9:10]})
    assert empty.page(Filters()).total == 5
    assert empty.get(newer.id) == newer
    assert empty.revisions([newer.id, UNKNOWN, WORKS[3].id]) == {newer.id: 9, WORKS[3].id: WORKS[3].revision}
    np.testing.assert_allclose(empty.vectors([newer.id])[0], ROWS[9], atol=1e-3)
    assert empty.page(Filters(words=WORKS[2].title)).total == 0


def test_broken_text_does_not_stop_a_work_from_being_stored(empty: ArtworkStore) -> None:
    work = artwork(1, title="half \ud83d of a pair, a nul \x00, and \u202e", tags=("\udfff",), credit="\ud800")
    empty.add([work], {CONTENT: ROWS[:1]})
    assert empty.get(work.id) == replace(work, title=work.title.replace("\ud83d", "?"), tags=("?",), credit="?")
    empty.set_fields({work.id: {"title": "again \ud83d"}})
    assert empty.get(work.id).title == "again ?"
    assert empty.page(Filters(words="again")).total == 1
    assert empty.page(Filters(words="\ud83d", movement="\ud83d", licence="\x00")).total == 0


def test_adding_nothing_is_no_work(empty: ArtworkStore) -> None:
    empty.add([], {CONTENT: ROWS[:0]})
    assert empty.page(Filters()).artworks == ()


def test_missing_keeps_the_order_and_takes_any_text_for_an_id(full: ArtworkStore) -> None:
    asked = [UNKNOWN, WORKS[0].id, "not an id", "", WORKS[1].id.upper(), f"{{{WORKS[1].id}}}", "../x", "1"]
    assert full.missing(asked) == [each for each in asked if each != WORKS[0].id]
    assert full.missing([]) == []


@pytest.mark.parametrize("bad", [UNKNOWN, "", "1", "not an id", "../../etc", WORKS[0].id.upper()])
def test_unknown_artworks_are_unknown_everywhere(full: ArtworkStore, bad: str) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: full.get(bad),
        lambda: full.similar(bad, Filters()),
        lambda: full.similar(Examples([bad]), Filters()),
        lambda: full.similar(Examples([WORKS[0].id], [bad]), Filters()),
        lambda: full.vectors([WORKS[0].id, bad]),
        lambda: full.set_fields({WORKS[0].id: {"title": "changed"}, bad: {"title": "changed"}}),
    ]
    for call in calls:
        with pytest.raises(UnknownArtwork) as refusal:
            call()
        assert refusal.value.artwork_id == bad
    assert full.get(WORKS[0].id) == WORKS[0]


def test_those_that_are_there_come_in_the_order_asked_for(full: ArtworkStore) -> None:
    asked = [WORKS[7].id, UNKNOWN, WORKS[2].id, "not an id", WORKS[7].id]
    found = full.get_many(asked)
    assert list(found.items()) == [(WORKS[7].id, WORKS[7]), (WORKS[2].id, WORKS[2])]
    assert full.get_many([]) == {}
    everything = full.get_many([work.id for work in WORKS])
    assert list(everything.values()) == list(WORKS)


def test_deleted_artworks_are_gone_and_unknown_ids_ignored(empty: ArtworkStore) -> None:
    empty.add(WORKS[:6], {CONTENT: ROWS[:6]})
    empty.delete([WORKS[0].id, UNKNOWN, "not an id", WORKS[3].id])
    empty.delete([])
    assert empty.missing([work.id for work in WORKS[:6]]) == [WORKS[0].id, WORKS[3].id]
    assert empty.page(Filters()).total == 4
    assert {hit.artwork.id for hit in empty.similar(ROWS[0], Filters()).found} == {WORKS[i].id for i in (1, 2, 4, 5)}


def test_scanning_yields_each_artwork_once_by_id(full: ArtworkStore) -> None:
    batches = list(full.scan(batch=33))
    assert [len(batch) for batch in batches] == [33, 33, 33, 33, 28]
    assert [work for batch in batches for work in batch] == sorted(WORKS, key=lambda work: work.id)


def test_vectors_come_in_the_order_asked_for(full: ArtworkStore) -> None:
    rows = full.vectors([WORKS[7].id, WORKS[3].id, WORKS[7].id])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, ROWS[[7, 3, 7]], atol=1e-3)
    assert full.vectors([]).shape == (0, WIDTH)


def test_changed_fields_are_found_and_vectors_stay(empty: ArtworkStore) -> None:
    empty.add(WORKS[:4], {CONTENT: ROWS[:4]})
    first, second, third, fourth = (work.id for work in WORKS[:4])
    empty.set_fields(
        {first: {"title": "Wave off Kanagawa", "year": 1831}, second: {"tags": ("fog",), "movement": None}}
    )
    assert empty.get(first) == replace(WORKS[0], title="Wave off Kanagawa", year=1831)
    assert empty.get(second) == replace(WORKS[1], tags=("fog",), movement=None)
    assert [work.id for work in empty.page(Filters(words="kanagawa")).artworks] == [first]
    assert [work.id for work in empty.page(Filters(words="fog")).artworks] == [second]
    assert empty.page(Filters(words=WORKS[0].title)).total == 0
    assert first in {work.id for work in empty.page(Filters(years=(1831, 1831))).artworks}
    np.testing.assert_allclose(empty.vectors([first]), ROWS[:1], atol=1e-3)
    assert empty.get(third) == WORKS[2]
    assert empty.get(fourth) == WORKS[3]


def test_a_change_of_time_moves_a_work_in_the_list(empty: ArtworkStore) -> None:
    empty.add(WORKS[:20], {CONTENT: ROWS[:20]})
    empty.set_fields({WORKS[0].id: {"added_at": WORKS[0].added_at + 1e6}})
    assert empty.page(Filters(), size=1).artworks[0].id == WORKS[0].id


def test_fields_of_other_parts_are_kept_beside_ours(empty: ArtworkStore) -> None:
    empty.add(WORKS[:2], {CONTENT: ROWS[:2]})
    empty.set_fields({work.id: {"shelf": f"c{number}", "distance": 0.25} for number, work in enumerate(WORKS[:2])})
    assert empty.get(WORKS[0].id) == WORKS[0]


def test_fields_can_be_set_for_many_artworks_at_once(empty: ArtworkStore) -> None:
    many = artworks(2_100)
    empty.add(many, {CONTENT: vectors(2_100)})
    empty.set_fields({work.id: {"movement": f"M{number % 3}"} for number, work in enumerate(many)})
    assert [(facet.value, facet.count) for facet in empty.facets("movement", Filters())] == [
        ("M0", 700),
        ("M1", 700),
        ("M2", 700),
    ]


@pytest.mark.parametrize("values", [{"sha256": "ff" * 32}, {"words": ["x"]}, {"order": 1}, {"title": None}])
def test_what_identifies_an_artwork_or_must_be_there_cannot_be_changed(
    full: ArtworkStore, values: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        full.set_fields({WORKS[0].id: values})
    assert full.get(WORKS[0].id) == WORKS[0]


def test_wrong_vectors_are_refused_and_nothing_is_stored(empty: ArtworkStore) -> None:
    holes = ROWS[:2].copy()
    holes[1, 3] = np.nan
    endless = ROWS[:2].copy()
    endless[0, 0] = np.inf
    with pytest.raises(WrongWidth, match="takes vectors of 12 numbers, not 13"):
        empty.add(WORKS[:2], {CONTENT: vectors(2, 13)})
    with pytest.raises(BrokenVector, match="vector 1 holds numbers that are not finite"):
        empty.add(WORKS[:2], {CONTENT: holes})
    with pytest.raises(BrokenVector, match="vector 0"):
        empty.add(WORKS[:2], {CONTENT: endless})
    with pytest.raises(UnknownLens, match="no lens 'style' in the collection, only: content"):
        empty.add(WORKS[:2], {CONTENT: ROWS[:2], "style": ROWS[:2]})
    with pytest.raises(ValueError, match="no vectors for lens 'content'"):
        empty.add(WORKS[:2], {})
    with pytest.raises(ValueError, match="3 vectors of lens 'content' for 2 artworks"):
        empty.add(WORKS[:2], {CONTENT: ROWS[:3]})
    assert empty.page(Filters()).total == 0
