"""Looking for pairs: for works that are new beside each indexing, and for the whole collection as a job."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from gallery.holdings.house import House
from gallery.models.duplicates import add_pairs, settled
from indexer.duplicates.finding import candidates, candidates_by_hash, verify
from indexer.duplicates.nearest import nearest_pairs
from indexer.duplicates.pairs import Found
from indexer.duplicates.printing import print_of
from indexer.duplicates.prints import Prints, Waiting
from indexer.errors import StoreMissing
from indexer.store.model import Artwork, Filters, Vector, artwork_id

NEIGHBOURS, LEAST_COSINE = 4, 0.75
"""How many works nearest by vector are looked at, and from which cosine. Of paintings cut by a fifth all had their
original among the nearest four, and 19 in 20 at 0.82 or more."""

_PAGE, _BATCH = 200, 500
_ADDED_AT_ONCE = 2000
Watch = Callable[[str, int, int], None]


class DetectionStopped(Exception):
    """The job shall end early; what was printed is kept."""


def find_new(house: House, stopped: Callable[[], bool] = lambda: False) -> int:
    """Look for the like of works that have no print yet, newest first, and return how many pairs were found."""
    prints, waiting = Prints(house.prints), Waiting(house.prints)
    fresh = waiting.read()
    for works in _newest(house):
        unknown = [work.sha256 for work in works if work.sha256 not in prints]
        fresh += unknown
        if not unknown or stopped():
            break
    if not fresh:
        return 0
    # A work that has a print is new no more: what is cut short from here on is on the list.
    waiting.write(fresh)
    _take_prints(house, prints, fresh, stopped, lambda what, done, total: None)
    missing = set(house.store.missing([artwork_id(sha256) for sha256 in fresh]))
    fresh = [sha256 for sha256 in fresh if sha256 in prints and artwork_id(sha256) not in missing]
    hashed = candidates_by_hash(prints, fresh, list(prints))
    alike = {
        (sha256, near.artwork.sha256): near.score
        for sha256 in fresh
        for near in house.store.similar(artwork_id(sha256), Filters(), size=NEIGHBOURS, min_score=LEAST_COSINE).found
        if near.artwork.sha256 in prints
    }
    found = _settle(house, prints, hashed, alike, lambda what, done, total: None)
    waiting.write([])
    return found


def find_all(house: House, stopped: Callable[[], bool], watch: Watch) -> int:
    """Look for pairs in the whole collection and return how many are new; raise `DetectionStopped`."""
    prints = Prints(house.prints)
    try:
        works = [work.sha256 for batch in house.store.scan() for work in batch]
    except StoreMissing:
        return 0
    prints.forget(set(prints) - set(works))
    _take_prints(house, prints, works, stopped, watch)
    works = [sha256 for sha256 in works if sha256 in prints]
    ids = [artwork_id(sha256) for sha256 in works]

    def blocks() -> Iterator[Vector]:
        for start in range(0, len(ids), _BATCH):
            _go_on(stopped)
            watch("vectors", start, len(ids))
            yield house.store.vectors(ids[start : start + _BATCH])

    watch("hashes", 0, len(works))
    hashed = list(candidates_by_hash(prints, works, works))
    _go_on(stopped)
    one, other, cosines = nearest_pairs(blocks, len(ids), most=NEIGHBOURS, least=LEAST_COSINE)
    alike = {(works[a], works[b]): float(cosine) for a, b, cosine in zip(one, other, cosines, strict=True)}
    _go_on(stopped)
    return _settle(house, prints, hashed, alike, watch)


def _settle(
    house: House,
    prints: Prints,
    hashed: Sequence[tuple[str, str]] | Iterator[tuple[str, str]],
    alike: dict[tuple[str, str], float],
    watch: Watch,
) -> int:
    asked = candidates(hashed, alike)
    with house.database.reading() as session:
        known = settled(session, [(each.one, each.other) for each in asked])
    asked = [each for each in asked if (each.one, each.other) not in known]
    found = verify(prints, asked, lambda done, total: watch("comparing", done, total))
    missing = set(house.store.missing([artwork_id(work) for each in found for work in (each.one, each.other)]))
    found = [each for each in found if missing.isdisjoint((artwork_id(each.one), artwork_id(each.other)))]
    return sum(_add(house, found[start : start + _ADDED_AT_ONCE]) for start in range(0, len(found), _ADDED_AT_ONCE))


def _add(house: House, found: Sequence[Found]) -> int:
    with house.database.writing() as session:
        return add_pairs(session, found)


def _take_prints(house: House, prints: Prints, works: Sequence[str], stopped: Callable[[], bool], watch: Watch) -> None:
    new = iter([sha256 for sha256 in works if sha256 not in prints])
    done, total = 0, sum(sha256 not in prints for sha256 in works)
    while some := list(islice(new, _PAGE)):
        _go_on(stopped)
        watch("looking at pictures", done, total)
        prints.add([made for sha256 in some if (made := print_of(house.thumbnails, sha256)) is not None])
        done += len(some)


def _newest(house: House) -> Iterator[Sequence[Artwork]]:
    number, last = 1, 1
    try:
        while number <= last:
            page = house.store.page(Filters(), number=number, size=_PAGE)
            yield page.artworks
            number, last = number + 1, page.last
    except StoreMissing:
        return


def _go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise DetectionStopped
