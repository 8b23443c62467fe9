"""The pipeline over a real library, real decoders and the real embedded engine; only the network is a stand-in."""

import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shelf import Averages, Shelf, drawing, encoded, never, spoil

from indexer.encoder import Model
from indexer.errors import DerivedError, NothingToIndex, UnknownArtwork, WrongModel
from indexer.pipeline.outcome import IndexOutcome, Measuring
from indexer.pipeline.run import index
from indexer.preprocess import network_pixels, normalise
from indexer.quality.measuring import Measures, from_thumbnail
from indexer.store import open_store
from indexer.store.model import CONTENT, artwork_id
from indexer.thumbnails import sizes_for, thumbnail_path
from scraper.pictures import open_upright

ROOT = Path(__file__).parents[1]


def test_each_work_is_stored_with_the_vector_of_its_own_picture(shelf: Shelf) -> None:
    encoder = Averages()
    assert shelf.index(encoder) == IndexOutcome(known=9, embedded=9)
    assert sum(encoder.batches) == 9
    assert max(encoder.batches) == encoder.batch
    for record in shelf.library.records():
        pixels = network_pixels(open_upright(shelf.path(record), max_pixels=10**7))
        wanted = Averages().encode(normalise([pixels], encoder.normalisation)).vectors[CONTENT][0]
        work, vector = shelf.collection()["works"][artwork_id(record.picture.sha256)]
        # The engine keeps half precision.
        assert np.allclose(vector, wanted, atol=2e-3)
        assert (work.title, work.revision, work.width) == (record.title, 1, record.picture.width)
        assert work.placeholder


def test_thumbnails_of_every_size_are_made(shelf: Shelf) -> None:
    shelf.index(Averages())
    for record in shelf.library.records():
        for size in sizes_for(record.picture.width, record.picture.height):
            with Image.open(thumbnail_path(shelf.settings.thumbnails_dir, record.picture.sha256, size)) as thumbnail:
                assert max(thumbnail.size) == min(size, max(record.picture.width, record.picture.height))


def test_the_same_again_does_nothing_and_loads_no_model(shelf: Shelf) -> None:
    shelf.index(Averages())
    before = shelf.collection()
    assert shelf.index() == IndexOutcome(known=9)
    assert shelf.collection() == before


def test_only_what_is_new_is_embedded(shelf: Shelf) -> None:
    shelf.index(Averages())
    shelf.keep(encoded(drawing(50)))
    encoder = Averages()
    assert shelf.index(encoder) == IndexOutcome(known=10, embedded=1)
    assert encoder.batches == [1]


def test_measures_are_those_of_the_thumbnails_and_told_with_them(shelf: Shelf) -> None:
    bad, *good = shelf.library.records()
    spoil(shelf.path(bad), "cut")
    told: dict[str, Measures] = {}
    assert shelf.index(Averages(), measuring=Measuring((), told.update)).embedded == 8
    folder = shelf.settings.thumbnails_dir
    wanted = {}
    for sha256, width, height in ((each.sha256, each.width, each.height) for each in (work.picture for work in good)):
        wanted[sha256] = from_thumbnail(folder, sha256, width, height).to_json()
    assert {sha256: numbers.to_json() for sha256, numbers in told.items()} == wanted
    # Not again while its thumbnail stays or its measures are known, else the same.
    again: dict[str, Measures] = {}
    shelf.index(Averages(), measuring=Measuring((), again.update))
    assert not again
    some = [work.picture.sha256 for work in good[:2]]
    for sha256 in some:
        thumbnail_path(folder, sha256, 480).unlink()
    assert shelf.index(Averages(), measuring=Measuring({some[1]}, again.update)).pictured == 2
    assert again == {some[0]: told[some[0]]}


def test_nothing_is_stored_before_its_measures_are_told_and_what_is_held_has_none(shelf: Shelf) -> None:
    class Slow(Averages):
        lanes, batch = 1, 2

    told: set[str] = set()

    def note(measures: Mapping[str, Measures]) -> None:
        if len(told) > 4:
            raise DerivedError(Path("measures"), "disk full")
        told.update(measures)

    with pytest.raises(DerivedError):
        shelf.index(Slow(), measuring=Measuring((), note))
    stored = {work.sha256 for work, _ in shelf.collection()["works"].values()}
    assert stored and stored <= told
    late: dict[str, Measures] = {}
    measuring = Measuring((), late.update)
    outcome = shelf.index(Averages(), measuring=measuring, hold=lambda works, _: {work.sha256 for work in works})
    assert outcome.held == 9 - len(stored) and not late


def test_newer_facts_are_written_without_embedding(shelf: Shelf) -> None:
    record, *_ = shelf.keep(encoded(drawing(0)))
    shelf.index(Averages())
    before = shelf.collection()["works"][artwork_id(record.picture.sha256)]
    changed, *_ = shelf.keep(encoded(drawing(0)), title="Haystacks", licence="CC0-1.0")
    assert changed.revision == record.revision + 1
    assert shelf.index() == IndexOutcome(known=9, refreshed=1)
    work, vector = shelf.collection()["works"][artwork_id(record.picture.sha256)]
    assert (work, vector) == (replace(before[0], title="Haystacks", licence="CC0-1.0", revision=2), before[1])


def test_absent_thumbnails_are_made_without_embedding(shelf: Shelf) -> None:
    shelf.index(Averages())
    before = shelf.collection()
    shutil.rmtree(shelf.settings.thumbnails_dir)
    assert shelf.index() == IndexOutcome(known=9, pictured=9)
    assert shelf.collection() == before


def test_an_absent_collection_is_made_again_the_same(shelf: Shelf) -> None:
    shelf.index(Averages())
    before = shelf.collection()
    shutil.rmtree(shelf.settings.qdrant_dir)
    assert shelf.index(Averages()).embedded == 9
    assert shelf.collection() == before


def test_works_that_left_the_library_leave_the_collection(shelf: Shelf) -> None:
    shelf.index(Averages())
    gone, *_ = list(shelf.library.records())
    shelf.path(gone).unlink()
    shelf.library.record_path(gone.picture.sha256).unlink()
    assert shelf.index() == IndexOutcome(known=8, removed=1)
    assert not list(shelf.settings.thumbnails_dir.rglob(f"{gone.picture.sha256}*"))
    with closing(open_store(shelf.settings)) as store, pytest.raises(UnknownArtwork):
        store.get(artwork_id(gone.picture.sha256))


def test_a_damaged_record_is_listed_and_keeps_its_work(shelf: Shelf) -> None:
    shelf.index(Averages())
    record, *_ = list(shelf.library.records())
    path = shelf.library.record_path(record.picture.sha256)
    path.write_bytes(b"{}")
    outcome = shelf.index()
    assert (outcome.known, outcome.removed, outcome.exit_code) == (8, 0, 4)
    assert str(path) in str(outcome.failures[0])
    assert artwork_id(record.picture.sha256) in shelf.collection()["works"]


@pytest.mark.parametrize("emptied", [False, True])
def test_an_empty_library_is_an_error_and_empties_nothing(shelf: Shelf, tmp_path: Path, emptied: bool) -> None:
    if emptied:
        shelf.index(Averages())
        shutil.move(shelf.settings.library_dir, tmp_path / "elsewhere")
    else:
        shelf = Shelf(tmp_path / "nothing")
    with pytest.raises(NothingToIndex, match="library: no pictures. Run `gallery scrape`"):
        shelf.index()
    assert shelf.settings.qdrant_dir.exists() == emptied
    if emptied:
        assert len(shelf.collection()["works"]) == 9


def test_another_model_is_refused_before_anything_is_done(shelf: Shelf) -> None:
    shelf.index(Averages())
    before = shelf.collection()
    shelf.keep(encoded(drawing(50)))
    other = replace(Averages.card, weights_sha256="cd" * 32)
    with closing(open_store(shelf.settings)) as store, pytest.raises(WrongModel, match="gallery reindex"):
        index(shelf.library, store, Model(other, never), shelf.settings.thumbnails_dir, max_pixels=10**7)
    assert shelf.collection() == before
