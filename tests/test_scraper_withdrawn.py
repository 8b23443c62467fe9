"""What must not come back: the list of it, how copies are known, and scrapes that heed it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from holdings import painting, saved
from hypothesis import given
from hypothesis import strategies as st
from websites import Answer, Websites, picture

from scraper.clearing import clear, copies_of
from scraper.errors import StorageError
from scraper.journal import Journal
from scraper.library import Library
from scraper.model import ArtistQuery, Candidate, Picture, Skip
from scraper.outcome import Skipped
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources import Reach
from scraper.withdrawn import NEAR, Withdrawal, Withdrawn, WithdrawnFile, amend

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "http://museum.example"
MONET = ArtistQuery("Claude Monet")
HASHES = st.integers(0, 2**64 - 1)


def shown(phash: int, sha256: str = "cd" * 32) -> Picture:
    return Picture(sha256, 1, "JPEG", "RGB", 10, 10, 1, f"{phash:016x}")


@given(st.lists(HASHES, max_size=20), HASHES, st.sets(st.integers(0, 63), max_size=12))
def test_a_picture_is_refused_exactly_if_few_bits_differ(known: list[int], phash: int, bits: set[int]) -> None:
    copy = phash
    for bit in bits:
        copy ^= 1 << bit
    held = [
        Withdrawal("taken-down", NOW, f"{n:064x}", hashes=(f"{each:016x}",)) for n, each in enumerate([*known, phash])
    ]
    nearest = min((each ^ copy).bit_count() for each in [*known, phash])
    assert (Withdrawn(held).refuses(shown(copy)) is not None) == (nearest <= NEAR)


def test_what_is_hidden_or_deleted_holds_for_the_file_alone() -> None:
    hashes = ("00" * 8,)
    held = Withdrawn([Withdrawal("deleted", NOW, "ab" * 32, hashes=hashes), Withdrawal("hidden", NOW, "ef" * 32)])
    assert held.refuses(shown(0)) is None
    assert held.refuses(shown(0, "ab" * 32)) is not None and held.refuses(shown(0, "ef" * 32)) is None
    assert held.of("ef" * 32) is not None and held.refused("ef" * 32) is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_work_hidden_and_taken_down_is_taken_down(order: int) -> None:
    both = [Withdrawal("hidden", NOW, "ab" * 32), Withdrawal("taken-down", NOW, "ab" * 32)]
    assert Withdrawn(both[::order]).refused("ab" * 32) is not None


def test_the_list_is_changed_as_a_whole_and_adding_twice_is_adding_once(tmp_path: Path) -> None:
    library, entry = Library(tmp_path), Withdrawal("deleted", NOW, "ab" * 32, "claude-monet", "Haystacks")
    for _ in range(2):
        assert amend(library, [entry, Withdrawal("hidden", NOW, artist="claude-monet")]) == []
    file = WithdrawnFile(library)
    assert len(file.now().entries) == 2 and file.now().hides_artist("claude-monet")
    assert amend(library, drop=lambda each: each.why == "deleted") == [entry]
    assert file.now().of("ab" * 32) is None and len(file.now().entries) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.fixture
def configured(tmp_path: Path) -> ScraperSettings:
    return ScraperSettings(data_dir=tmp_path / "data", contact="t@example.org", per_second=10_000, keep_free_gb=0)


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example") as standing:
        yield standing


class Listing:
    """A source of one candidate."""

    name, title, local = "listing", "A list", False

    def __init__(self, found: Candidate) -> None:
        self.found = found

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncIterator[Candidate | Skip]:
        yield self.found


async def collected(settings: ScraperSettings, sites: Websites, *addresses: str) -> list[str]:
    """Scrape one candidate with these addresses, best first; return why it was skipped."""
    why: list[str] = []
    source = Listing(Candidate("listing", 1, addresses))
    await scrape(
        MONET,
        [source],
        settings,
        stand_in=sites.stand_in,
        notify=lambda event: why.append(event.skip.reason) if isinstance(event, Skipped) else None,
    )
    return why


async def test_a_scrape_fetches_neither_again_what_was_taken_down_nor_its_other_sizes(
    configured: ScraperSettings, sites: Websites
) -> None:
    first, second, new = (f"{SITE}/{name}.jpg" for name in ("large", "small", "elsewhere"))
    sites.add(first, picture(1))
    sites.add(second, picture(2))
    sites.add(new, picture(1))
    library = Library(configured.library_dir)
    assert await collected(configured, sites, first, second) == []
    (record,) = library.records()
    sha256 = record.picture.sha256
    amend(library, [Withdrawal("taken-down", NOW, sha256, label="Haystacks")])
    clear(library, sha256, "taken-down")
    assert list(library.records()) == [] and not library.picture_path(record.picture).exists()
    asked = len(sites.asked)
    assert await collected(configured, sites, first, second) == ["taken-down"]
    assert [each.url for each in sites.asked[asked:] if not each.url.endswith("/robots.txt")] == []
    # At another address it has to be fetched once to be known, and never again.
    for fetched in (1, 0):
        asked = len(sites.asked)
        assert await collected(configured, sites, new, second) == ["taken-down"]
        assert len([each for each in sites.asked[asked:] if each.url == new]) == fetched
    amend(library, drop=lambda entry: True)
    assert await collected(configured, sites, first) == []
    assert [each.picture.sha256 for each in library.records()] == [sha256]


async def test_the_smaller_copies_of_a_work_go_with_it(configured: ScraperSettings, sites: Websites) -> None:
    small, large = f"{SITE}/small.jpg", f"{SITE}/large.jpg"
    sites.add(small, Answer(saved(painting(1, 400, 300)), type="image/jpeg"))
    sites.add(large, Answer(saved(painting(1, 1200, 900)), type="image/jpeg"))
    library = Library(configured.library_dir)
    await collected(configured, sites, small)
    (first,) = library.records()
    await collected(configured, sites, large)
    (record,) = library.records()
    sha256, copy = record.picture.sha256, first.picture.sha256
    assert copies_of(library, sha256) == [copy] and library.picture_path(first.picture).exists()
    amend(library, [Withdrawal("deleted", NOW, sha256), Withdrawal("deleted", NOW, copy, of=sha256)])
    clear(library, sha256, "deleted")
    assert [path.name for path in library.root.glob("pictures/??/*")] == []
    for address in (small, large):
        assert await collected(configured, sites, address) == ["deleted"]
    journal = Journal(library.artist_dir("Claude Monet") / "journal.jsonl")
    assert {entry.became for entry in journal.entries()} == {"skipped"}


async def test_a_scrape_that_cannot_read_the_list_fetches_nothing(configured: ScraperSettings, sites: Websites) -> None:
    sites.add(f"{SITE}/1.jpg", picture(1))
    library = Library(configured.library_dir)
    library.root.mkdir(parents=True)
    WithdrawnFile(library).path.write_text("{torn")
    with pytest.raises(StorageError, match="a line of it is damaged"):
        await collected(configured, sites, f"{SITE}/1.jpg")
    assert sites.asked == []
    with pytest.raises(StorageError):
        amend(library, [Withdrawal("deleted", NOW, "ab" * 32)])
    assert WithdrawnFile(library).path.read_text() == "{torn"
