"""How every store lists, filters, finds by words and counts, whichever engine is behind it."""

import pytest
from hypothesis import HealthCheck, given, settings
from store_engines import COUNT, FILTERS, ROWS, WORKS, Opener, allowed
from store_samples import CARD, artwork, newest_first

from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Artwork, Filters

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]


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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=FILTERS)
def test_filters_let_through_what_meets_all_of_them(full: ArtworkStore, filters: Filters) -> None:
    expected = [work for work in newest_first(WORKS) if allowed(work, filters)]
    page = full.page(filters, size=200)
    assert list(page.artworks) == expected
    assert page.total == full.count(filters) == len(expected)
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
