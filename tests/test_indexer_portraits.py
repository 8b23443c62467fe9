"""Portraits of artists and movements: what is in them, and that vectors are read only of what came, changed or went."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exhibition import ARTISTS, CARD, random_vectors, settings_for

from indexer.lenses.palette import WIDTH
from indexer.portraits.file import read
from indexer.portraits.model import Gathering
from indexer.portraits.painting import paint
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, PALETTE, Artwork, Filters, Vector
from scraper.names import slug

SLUGS = [slug(name) for name in ARTISTS]
LENSES = replace(CARD, widths={CONTENT: CARD.widths[CONTENT], PALETTE: WIDTH}, statistics="1-made-up")


def histograms(works: int, seed: int = 3) -> Vector:
    """Return roots of shares that sum to 1, the same each time."""
    shares = np.random.default_rng(seed).random((works, WIDTH)).astype(np.float32)
    return np.sqrt(shares / shares.sum(axis=1, keepdims=True))


def work_of(number: int) -> Artwork:
    sha = hashlib.sha256(str(number).encode()).hexdigest()
    artist, movement = ARTISTS[number % 4], (None, "tides", "ebb")[number % 3]
    return Artwork(sha, f"Study {number}", artist, slug(artist), 40, 30, "PNG", 1e9 + number, 1, movement=movement)


@dataclass
class Counting:
    """A store that keeps which works' vectors were read; `interrupt` is called before each such reading."""

    store: Any
    interrupt: Callable[[], object] = lambda: None
    seen: list[str] = field(default_factory=list)

    def vectors(self, ids: Sequence[str], *, lens: str = CONTENT) -> Vector:
        self.interrupt()
        self.seen += ids
        return self.store.vectors(ids, lens=lens)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArtworkStore]:
    """A collection of 40 works by four artists, in two movements and in none, which each test leaves as it likes."""
    with closing(open_store(settings_for(tmp_path_factory.mktemp("portraits")))) as store:
        store.prepare(LENSES)
        works = [work_of(number) for number in range(40)]
        store.add(works, {CONTENT: random_vectors(40), PALETTE: histograms(40)})
        yield store


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("derived") / "portraits.npz"


@pytest.fixture
def store(collection: ArtworkStore, path: Path) -> Counting:
    """The collection, painted as it is, of which no vectors were read since."""
    assert paint(collection, path)
    return Counting(collection)


def kept(path: Path) -> Gathering:
    found = read(path)
    assert found
    return found


def right(path: Path, store: ArtworkStore) -> None:
    """Check that the file tells the same as all vectors of the collection do."""
    found = kept(path)
    for portraits, groups in (
        (found.artists, {each.value: Filters(artist=each.value) for each in store.facets("artist_slug", Filters())}),
        (found.movements, {each.value: Filters(movement=each.value) for each in store.facets("movement", Filters())}),
    ):
        assert {*portraits.names} == {*groups}
        for name, middle, colours, count in zip(
            portraits.names, portraits.middles, portraits.colours, portraits.counts, strict=True
        ):
            ids = [work.id for work in store.page(groups[name], size=100).artworks]
            rows = store.vectors(ids)
            assert count == len(ids)
            assert np.allclose(middle, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0), atol=1e-3)
            marked = list(store.marks(ids))
            shares = (store.vectors(marked, lens=PALETTE) ** 2).mean(axis=0) if marked else 0
            assert np.allclose(colours, shares, atol=1e-3)


def row_of(store: ArtworkStore, work: Artwork) -> set[str]:
    """Return the works of the same artist and movement."""
    return {each.id for each in all_of(store) if (each.artist_slug, each.movement) == (work.artist_slug, work.movement)}


def all_of(store: ArtworkStore) -> list[Artwork]:
    return [work for batch in store.scan() for work in batch]


def test_portraits_tell_of_every_work_of_every_artist_and_movement(store: Counting, path: Path) -> None:
    right(path, store)
    found = kept(path)
    assert {*found.artists.names} == {*SLUGS} and sum(found.artists.counts) == len(all_of(store))
    assert found.artists.typical(["nobody"]) == {} and found.artists.palette("nobody") == ()
    assert found.artists.middle("nobody") is None and found.artists.palette(SLUGS[0])


def test_no_vector_is_read_and_nothing_written_where_nothing_changed(store: Counting, path: Path) -> None:
    before = path.stat()
    store.set_fields({all_of(store)[0].id: {"title": "Another title", "year": 1700}})
    assert paint(store, path)
    assert not store.seen and path.stat() == before


def test_only_the_artist_of_a_new_work_is_painted_anew(store: Counting, path: Path) -> None:
    new = work_of(77)
    store.add([new], {CONTENT: random_vectors(1, seed=9), PALETTE: histograms(1, seed=9)})
    assert paint(store, path)
    assert {*store.seen} == row_of(store, new)
    right(path, store)


def test_only_the_artist_of_a_work_that_is_gone_is_painted_anew(store: Counting, path: Path) -> None:
    gone = all_of(store)[0]
    store.delete([gone.id])
    assert paint(store, path)
    assert {*store.seen} == row_of(store, gone) and gone.id not in store.seen
    right(path, store)


def test_only_the_artists_a_corrected_work_moved_between_are_painted_anew(store: Counting, path: Path) -> None:
    first, *works = all_of(store)
    other = next(work for work in works if work.artist_slug != first.artist_slug)
    new = {"artist": other.artist, "artist_slug": other.artist_slug, "movement": other.movement}
    store.set_fields({first.id: new})
    assert paint(store, path)
    assert {*store.seen} == row_of(store, first) | row_of(store, other)
    right(path, store)


def test_only_the_artist_of_a_work_cut_anew_or_without_colours_is_painted_anew(store: Counting, path: Path) -> None:
    cut, *works = all_of(store)
    plain = next(work for work in works if work.artist_slug != cut.artist_slug)
    vectors = {CONTENT: random_vectors(1, seed=11), PALETTE: histograms(1, seed=11)}
    store.add([replace(cut, crop=(0.1, 0.1, 0.9, 0.9))], vectors)
    store.add([plain], {CONTENT: random_vectors(1, seed=12)})
    assert paint(store, path)
    assert {*store.seen} == row_of(store, cut) | row_of(store, plain)
    right(path, store)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not one", b"{}"])
def test_a_damaged_file_is_painted_anew(content: bytes, store: Counting, path: Path) -> None:
    path.write_bytes(content)
    assert read(path) is None
    assert paint(store, path)
    assert len({*store.seen}) == len(all_of(store))
    right(path, store)


def test_works_that_go_while_vectors_are_read_are_left_out(store: Counting, path: Path) -> None:
    gone, plain, *left = all_of(store)
    path.unlink()

    def meanwhile() -> None:
        store.delete([gone.id])
        store.add([plain], {CONTENT: random_vectors(1, seed=12)})

    assert paint(Counting(store, meanwhile), path)
    assert sum(kept(path).artists.counts) == len(left) + 1
    right(path, store)


def test_what_was_painted_stays_where_the_next_painting_breaks_off(store: Counting, path: Path) -> None:
    before = path.read_bytes()
    store.delete([all_of(store)[0].id])

    def breaks() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        paint(Counting(store, breaks), path)
    assert path.read_bytes() == before
    assert paint(store, path)
    right(path, store)


def test_another_model_is_painted_anew_and_an_empty_collection_not_at_all(tmp_path: Path, path: Path) -> None:
    with closing(open_store(settings_for(tmp_path))) as held:
        assert not paint(held, tmp_path / "none.npz")
        held.prepare(replace(CARD, weights_sha256="cd" * 32))
        assert paint(held, path)
        assert kept(path).artists.names == ()
        held.add([work_of(1)], {CONTENT: random_vectors(1)})
        assert paint(held, path)
        right(path, held)
    assert kept(path).artists.palette(kept(path).artists.names[0]) == ()
