"""What every store does, whichever engine is behind it.

The engines: Qdrant Edge; the server's engine over the driver's own memory; the same over HTTP; and a real
server where GALLERY_TEST_QDRANT_URL names one.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_rest import ErrorsOfAServer, StandIn, local_client
from store_samples import CARD, OTHER, WIDTH, artwork, artworks, newest_first, vectors

from gallery.settings import GallerySettings
from indexer.errors import (
    BrokenVector,
    StoreClosed,
    StoreMissing,
    UnknownArtwork,
    UnknownLens,
    WrongModel,
    WrongWidth,
)
from indexer.store import ArtworkStore, collection, open_store
from indexer.store.collection import Collection
from indexer.store.model import CONTENT, Artwork, Examples, Filters, Neighbours, Vector
from indexer.store.server import ServerEngine

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

URL = os.environ.get("GALLERY_TEST_QDRANT_URL")
ENGINES = ["edge", "memory", "http", *(["server"] if URL else [])]

COUNT = 160
WORKS = artworks(COUNT)
ROWS = vectors(COUNT)
HALF = 2e-3  # what rounding to half precision may change of a score
UNKNOWN = str(UUID(int=1))


def settings_for(folder: Path, url: str | None, name: str) -> GallerySettings:
    return GallerySettings(data_dir=folder, qdrant_url=url, collection=name, _env_file=None)  # type: ignore[call-arg]


Opener = Callable[[], ArtworkStore]


@pytest.fixture(scope="module", params=ENGINES)
def opener(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Yield a function that opens another empty place for a collection."""
    opened: list[ArtworkStore] = []
    folder = tmp_path_factory.mktemp("stores")
    with StandIn() as stand_in:

        def another() -> ArtworkStore:
            name = f"test-{uuid4().hex[:12]}"
            store: ArtworkStore
            if request.param == "memory":
                store = Collection(ServerEngine(ErrorsOfAServer(local_client()), name, "memory", 1))  # type: ignore[arg-type]
            else:
                url = {"edge": None, "http": stand_in.url, "server": URL}[request.param]
                store = open_store(settings_for(folder / name, url, name))
            opened.append(store)
            return store

        yield another
        for store in opened:
            try:
                store.drop()
            except StoreClosed:
                pass  # the test closed it
            store.close()


@pytest.fixture
def empty(opener: Opener) -> ArtworkStore:
    """Return a prepared store with nothing in it."""
    store = opener()
    store.prepare(CARD)
    return store


@pytest.fixture(scope="module")
def full(opener: Opener) -> ArtworkStore:
    """Return a store of `WORKS`, for tests that only read."""
    store = opener()
    store.prepare(CARD)
    store.add(WORKS, {CONTENT: ROWS})
    return store


# --- the collection ---


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


# --- artworks ---


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


# --- changing fields ---


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


# --- pages ---


@pytest.mark.parametrize("size", [5, 7, 60, 160, 500])
def test_pages_show_each_work_once_newest_first(full: ArtworkStore, size: int) -> None:
    shown: list[Artwork] = []
    number = 1
    while True:
        page = full.page(Filters(), number=number, size=size)
        shown += page.artworks
        assert (page.total, page.number, page.size) == (COUNT, number, size)
        if number == page.last:
            break
        number += 1
    assert shown == newest_first(WORKS)


@pytest.mark.parametrize("number", [4, 5, 100_000])
def test_a_page_beyond_the_last_is_empty_but_knows_the_total(full: ArtworkStore, number: int) -> None:
    page = full.page(Filters(), number=number, size=60)
    assert (page.artworks, page.total, page.last) == ((), COUNT, 3)


@pytest.mark.parametrize(("number", "size"), [(0, 10), (-1, 10), (1, 0), (1, -5)])
def test_pages_count_from_one(full: ArtworkStore, number: int, size: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        full.page(Filters(), number=number, size=size)
    with pytest.raises(ValueError, match="count from 1"):
        full.similar(WORKS[0].id, Filters(), number=number, size=size)


def allowed(work: Artwork, filters: Filters) -> bool:
    """Say what `filters` lets through, in other words than the store's."""
    low, high = filters.years or (None, None)
    return (
        filters.artist in (None, work.artist_slug)
        and (filters.not_artist is None or filters.not_artist != work.artist_slug)
        and filters.movement in (None, work.movement)
        and filters.licence in (None, work.licence)
        and (low is None or (work.year is not None and work.year >= low))
        and (high is None or (work.year is not None and work.year <= high))
    )


def maybe(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


FILTERS = st.builds(
    Filters,
    artist=maybe(["painter-0", "painter-3", "nobody", ""]),
    not_artist=maybe(["painter-1", "nobody"]),
    movement=maybe(["Tides", "Ebb & Flow", "ebb"]),
    years=st.one_of(st.none(), st.tuples(maybe([1800, 1900, 1950]), maybe([1900, 1960, 9999]))),
    licence=maybe(["unknown", "PDM-1.0"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=FILTERS)
def test_filters_let_through_what_meets_all_of_them(full: ArtworkStore, filters: Filters) -> None:
    expected = [work for work in newest_first(WORKS) if allowed(work, filters)]
    page = full.page(filters, size=200)
    assert list(page.artworks) == expected
    assert page.total == len(expected)
    found = full.similar(ROWS[0], filters, size=200).found
    assert {hit.artwork.id for hit in found} == {work.id for work in expected}
    counts = {facet.value: facet.count for facet in full.facets("tags", filters)}
    assert counts == {tag: count for tag in ("sea", "cliff") if (count := sum(tag in work.tags for work in expected))}


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("etude", {"Étude à l’aube"}),
        ("ÉTUDE", {"Étude à l’aube"}),
        ("aub etu", {"Étude à l’aube"}),
        ("okeeffe", {"Red Hills"}),
        ("o'keeffe", {"Red Hills"}),
        ("keef hil", {"Red Hills"}),
        ("O’KEEFFE", {"Red Hills"}),
        ("富嶽", {"富嶽三十六景"}),
        ("三十", {"富嶽三十六景"}),
        ("lodz", {"Łódź, 1905"}),
        ("1905", {"Łódź, 1905"}),
        ("strasse", {"Straße"}),
        ("georgia", {"Red Hills", "Straße"}),
        ("desert", {"Red Hills", "Łódź, 1905"}),
        ("desert lodz", {"Łódź, 1905"}),
        ("tude", set()),
        ("hills nothing", set()),
        ("!!!", set()),
        ("%_*", set()),
        ("", {"Étude à l’aube", "Red Hills", "富嶽三十六景", "Łódź, 1905", "Straße"}),
        ("  ", {"Étude à l’aube", "Red Hills", "富嶽三十六景", "Łódź, 1905", "Straße"}),
        ("x" * 5000, set()),
    ],
)
def test_words_are_found_as_people_type_them(wordy: ArtworkStore, words: str, titles: set[str]) -> None:
    page = wordy.page(Filters(words=words))
    assert {work.title for work in page.artworks} == titles
    assert page.total == len(titles)


@pytest.fixture(scope="module")
def wordy(opener: Opener) -> ArtworkStore:
    """Return a store of a few works with telling titles, artists and tags."""
    store = opener()
    store.prepare(CARD)
    works = [
        artwork(0, title="Étude à l’aube", artist="Anon"),
        artwork(1, title="Red Hills", artist="Georgia O'Keeffe", tags=("Desert light",)),
        artwork(2, title="富嶽三十六景", artist="葛飾 北斎", tags=()),
        artwork(3, title="Łódź, 1905", artist="Anon", tags=("desert",)),
        artwork(4, title="Straße", artist="Georgia N.", tags=()),
    ]
    store.add(works, {CONTENT: ROWS[:5]})
    return store


# --- likeness ---


def ranking(query: Vector, without: set[str] = frozenset()) -> list[tuple[str, float]]:  # type: ignore[assignment]
    """Return ids and cosines by falling cosine."""
    cosines = ROWS @ (query / np.linalg.norm(query))
    return [(WORKS[i].id, float(cosines[i])) for i in np.argsort(-cosines) if WORKS[i].id not in without]


def check(found: Neighbours, expected: list[tuple[str, float]]) -> None:
    """Compare with a ranking, allowing for the order of works whose cosines are as good as equal."""
    cosines = dict(expected)
    assert len(found.found) == len(expected)
    for hit, (_, wanted) in zip(found.found, expected, strict=True):
        assert hit.score == pytest.approx(wanted, abs=HALF)
        assert hit.score == pytest.approx(cosines.get(hit.artwork.id, wanted), abs=HALF)
    assert len({hit.artwork.id for hit in found.found}) == len(expected)


def test_neighbours_of_a_work_leave_it_out(full: ArtworkStore) -> None:
    found = full.similar(WORKS[11].id, Filters(), size=20)
    check(found, ranking(ROWS[11], {WORKS[11].id})[:20])
    assert (found.number, found.more) == (1, True)
    assert WORKS[11].id not in {hit.artwork.id for hit in found.found}


def test_neighbours_of_a_vector_need_no_unit_length(full: ArtworkStore) -> None:
    check(full.similar(ROWS[11] * 40, Filters(), size=20), ranking(ROWS[11])[:20])


def test_the_pages_of_neighbours_join_to_the_ranking(full: ArtworkStore) -> None:
    everything = ranking(ROWS[2], {WORKS[2].id})
    seen: list[str] = []
    for number in range(1, 9):
        page = full.similar(WORKS[2].id, Filters(), number=number, size=24)
        check(page, everything[(number - 1) * 24 : number * 24])
        assert page.more == (number * 24 < len(everything))
        seen += [hit.artwork.id for hit in page.found]
    assert len(seen) == len(set(seen)) == COUNT - 1


def test_copies_of_a_picture_do_not_push_the_work_itself_in(empty: ArtworkStore) -> None:
    empty.add(WORKS[:30], {CONTENT: np.repeat(ROWS[:1], 30, axis=0)})
    pages = [empty.similar(WORKS[4].id, Filters(), number=number, size=10) for number in (1, 2, 3)]
    # Which of the equal ones come first is the engine's business.
    assert [len({hit.artwork.id for hit in page.found}) for page in pages] == [10, 10, 9]
    assert WORKS[4].id not in {hit.artwork.id for page in pages for hit in page.found}
    assert all(0.99 <= hit.score <= 1 for page in pages for hit in page.found)
    assert [page.more for page in pages] == [True, True, False]


def test_a_least_score_cuts_the_list(full: ArtworkStore) -> None:
    expected = [pair for pair in ranking(ROWS[5], {WORKS[5].id}) if pair[1] >= 0.35]
    found = full.similar(WORKS[5].id, Filters(), size=100, min_score=0.35)
    assert abs(len(found.found) - len(expected)) <= 1
    assert all(hit.score >= 0.35 - HALF for hit in found.found)
    assert not full.similar(WORKS[5].id, Filters(), min_score=0.9999).found


@pytest.mark.parametrize(
    ("likes", "dislikes"), [([3], []), ([3, 8, 20], []), ([3, 8], [40, 41]), ([], [6]), ([], [6, 7]), ([3, 3, 8], [9])]
)
@pytest.mark.parametrize("least", [None, 0.3, -0.3])
def test_examples_pull_and_push(full: ArtworkStore, likes: list[int], dislikes: list[int], least: float | None) -> None:
    near = (ROWS @ ROWS[likes].T).max(axis=1) if likes else np.full(COUNT, -np.inf)
    far = (ROWS @ ROWS[dislikes].T).max(axis=1) if dislikes else np.full(COUNT, -np.inf)
    scores = np.where(near > far, near, -np.inf) if likes else -far
    scores[[*likes, *dislikes]] = -np.inf
    if least is not None:
        scores[scores < least] = -np.inf
    expected = [(WORKS[i].id, float(scores[i])) for i in np.argsort(-scores) if np.isfinite(scores[i])]
    examples = Examples([WORKS[i].id for i in likes], [WORKS[i].id for i in dislikes])
    first, second = (full.similar(examples, Filters(), number=number, size=100, min_score=least) for number in (1, 2))
    found = Neighbours(first.found + second.found, 1, more=False)
    # Rounding to halves may move a work over a threshold, or from a dislike's side to a like's.
    assert abs(len(found.found) - len(expected)) <= 2
    common = {hit.artwork.id for hit in found.found} & dict(expected).keys()
    assert len(common) >= len(expected) - 2
    check(
        Neighbours(tuple(hit for hit in found.found if hit.artwork.id in common), 1, more=False),
        [pair for pair in expected if pair[0] in common],
    )


def test_no_examples_are_no_query(full: ArtworkStore) -> None:
    with pytest.raises(ValueError, match="at least one"):
        full.similar(Examples([]), Filters())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cap=st.integers(1, 30), number=st.integers(1, 4), size=st.integers(1, 40), filters=FILTERS)
def test_an_artist_has_no_more_results_than_allowed_over_all_pages(
    full: ArtworkStore, cap: int, number: int, size: int, filters: Filters
) -> None:
    by_id = {work.id: work for work in WORKS}
    counts: dict[str, int] = {}
    expected = []
    for work_id, cosine in ranking(ROWS[9], {WORKS[9].id}):
        artist = by_id[work_id].artist_slug
        if allowed(by_id[work_id], filters) and counts.get(artist, 0) < cap:
            counts[artist] = counts.get(artist, 0) + 1
            expected.append((work_id, cosine))
    found = full.similar(WORKS[9].id, filters, number=number, size=size, per_artist=cap)
    check(found, expected[(number - 1) * size : number * size])
    assert found.more == (len(expected) > number * size)


def test_an_artist_must_be_allowed_something(full: ArtworkStore) -> None:
    with pytest.raises(ValueError, match="1 result or more"):
        full.similar(WORKS[9].id, Filters(), per_artist=0)


@pytest.mark.parametrize("cap", [None, 20])
def test_pages_of_neighbours_end(full: ArtworkStore, cap: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "REACH", 50)
    pages = [full.similar(WORKS[2].id, Filters(), number=n, size=24, per_artist=cap) for n in (1, 2, 3, 4, 100_000)]
    assert [len(page.found) for page in pages] == [24, 24, 2, 0, 0]
    assert [page.more for page in pages] == [True, True, False, False, False]


# --- counts ---


@pytest.mark.parametrize("field", ["artist_slug", "movement", "licence", "tags"])
def test_facets_count_by_falling_number_then_name(full: ArtworkStore, field: str) -> None:
    counts: dict[str, int] = {}
    for work in WORKS:
        value = getattr(work, field)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                counts[each] = counts.get(each, 0) + 1
    expected = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    assert [(facet.value, facet.count) for facet in full.facets(field, Filters())] == expected
    assert len(full.facets(field, Filters(), limit=1)) == 1


def test_covers_are_the_newest_of_each_value(full: ArtworkStore) -> None:
    covers = full.covers("artist_slug", ["painter-5", "nobody", "painter-0", ""])
    works = newest_first(WORKS)
    assert covers == {
        slug: next(work for work in works if work.artist_slug == slug) for slug in ("painter-5", "painter-0")
    }
    assert full.covers("artist_slug", []) == {}


@pytest.mark.parametrize("field", ["title", "year", "words", "nonsense", ""])
def test_only_keyword_fields_are_counted(full: ArtworkStore, field: str) -> None:
    with pytest.raises(ValueError, match="not one of the keyword fields: artist_slug"):
        full.facets(field, Filters())
    with pytest.raises(ValueError, match="not one of the keyword fields: artist_slug"):
        full.covers(field, ["x"])


# --- vectors that do not fit ---


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


def test_wrong_queries_are_refused(full: ArtworkStore) -> None:
    with pytest.raises(WrongWidth, match="not 5"):
        full.similar(np.ones(5, dtype=np.float32), Filters())
    with pytest.raises(WrongWidth):
        full.similar(ROWS[:2], Filters())
    with pytest.raises(BrokenVector):
        full.similar(np.full(WIDTH, np.nan, dtype=np.float32), Filters())
    for query in (WORKS[0].id, ROWS[0], Examples([WORKS[0].id])):
        with pytest.raises(UnknownLens):
            full.similar(query, Filters(), lens="style")
    with pytest.raises(UnknownLens):
        full.vectors([WORKS[0].id], lens="style")


def test_each_lens_has_its_own_vectors(opener: Opener) -> None:
    store = opener()
    store.prepare(replace(CARD, widths={CONTENT: WIDTH, "style": 6}))
    style = vectors(40, 6, seed=8)
    store.add(WORKS[:40], {CONTENT: ROWS[:40], "style": style})
    np.testing.assert_allclose(store.vectors([WORKS[3].id], lens="style"), style[3:4], atol=1e-3)
    nearest = store.similar(WORKS[3].id, Filters(), lens="style", size=1).found[0]
    assert nearest.score == pytest.approx(np.sort(style @ style[3])[-2], abs=HALF)
    with pytest.raises(WrongWidth):
        store.similar(ROWS[0], Filters(), lens="style")
