"""What every store finds alike, whichever engine is behind it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_engines import COUNT, FILTERS, HALF, ROWS, WORKS, Opener, allowed
from store_samples import CARD, WIDTH, vectors

from indexer.errors import (
    BrokenVector,
    UnknownLens,
    WrongWidth,
)
from indexer.store import ArtworkStore, collection
from indexer.store.model import CONTENT, Examples, Filters, Neighbours, Vector

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]


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
