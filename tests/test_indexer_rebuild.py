"""The collection made anew beside the old one, on the embedded engine and on a server's."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from qdrant_rest import StandIn
from shelf import MAX_PIXELS, Averages, Shelf, drawing, encoded, never
from store_samples import CARD, OTHER, artworks, vectors

from indexer.encoder import Model
from indexer.errors import NothingToIndex, StoreDamaged, StoreLocked, StoreMissing, WrongModel
from indexer.pipeline.outcome import IndexOutcome
from indexer.pipeline.rebuild import rebuild
from indexer.pipeline.run import index
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, ModelCard
from indexer.store.replacing import beside, replace_collection

ROOT = Path(__file__).parents[1]
NEWER = replace(Averages.card, weights_sha256="cd" * 32)

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")


class Newer(Averages):
    """Other weights of the same network."""

    card = NEWER


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A data folder with six works, indexed with the older weights."""
    shelf = Shelf(tmp_path / "data")
    shelf.keep(*(encoded(drawing(number)) for number in range(6)))
    shelf.index(Averages())
    return shelf


def remake(shelf: Shelf, encoder: Averages | None = None, **more: Any) -> IndexOutcome:
    """Make the collection anew with the newer weights."""

    def fill(store: ArtworkStore) -> IndexOutcome:
        model = Model(NEWER, (lambda: encoder) if encoder else never)
        given = {"max_pixels": MAX_PIXELS, "decoders": 1} | more
        return index(shelf.library, store, model, shelf.settings.thumbnails_dir, **given)

    return rebuild(shelf.settings, NEWER, fill)


def card(settings: IndexerSettings) -> ModelCard:
    with closing(open_store(settings)) as store:
        found = store.stats().card
    assert found is not None
    return found


def test_it_is_made_anew_with_another_model(shelf: Shelf) -> None:
    before = shelf.collection()
    assert remake(shelf, Newer()) == IndexOutcome(known=6, embedded=6)
    assert card(shelf.settings) == NEWER
    assert shelf.collection() == before  # the two sets of weights agree in everything
    assert not beside(shelf.settings).qdrant_dir.exists()
    assert len(list(shelf.settings.qdrant_dir.glob("shard-*"))) == 1


def test_works_that_left_the_library_are_not_in_it(shelf: Shelf) -> None:
    gone, *_ = shelf.library.records()
    shelf.library.record_path(gone.picture.sha256).unlink()
    assert remake(shelf, Newer()).known == 5
    assert len(shelf.collection()["works"]) == 5


def test_stopped_it_leaves_the_old_one_and_goes_on_later(shelf: Shelf) -> None:
    class OneByOne(Newer):
        lanes, batch = 1, 1

    encoder = OneByOne()
    outcome = remake(shelf, encoder, stopped=lambda: len(encoder.batches) >= 3)
    assert outcome.exit_code == 130
    assert card(shelf.settings) == Averages.card
    assert len(shelf.collection()["works"]) == 6
    assert remake(shelf, Newer()) == IndexOutcome(known=6, embedded=6 - outcome.embedded)
    assert card(shelf.settings) == NEWER


def test_what_was_begun_with_another_model_is_begun_again(shelf: Shelf) -> None:
    with closing(open_store(beside(shelf.settings))) as store:
        store.prepare(Averages.card)
    assert remake(shelf, Newer()).embedded == 6
    assert card(shelf.settings) == NEWER


@pytest.mark.parametrize("which", ["old", "begun"])
def test_a_damaged_collection_is_no_obstacle(shelf: Shelf, which: str) -> None:
    settings = shelf.settings if which == "old" else beside(shelf.settings)
    settings.qdrant_dir.mkdir(exist_ok=True)
    (settings.qdrant_dir / "collection.json").write_text("{")
    with pytest.raises(StoreDamaged, match="gallery reindex"):
        open_store(settings)
    assert remake(shelf, Newer()).embedded == 6
    assert card(shelf.settings) == NEWER


def test_one_that_is_in_use_is_left_alone_before_anything_is_done(shelf: Shelf) -> None:
    with closing(open_store(shelf.settings)), pytest.raises(StoreLocked, match="already open"):
        remake(shelf)
    assert not beside(shelf.settings).qdrant_dir.exists()


def test_an_empty_library_empties_nothing(shelf: Shelf) -> None:
    shutil.rmtree(shelf.settings.library_dir)
    with pytest.raises(NothingToIndex):
        remake(shelf)
    assert len(shelf.collection()["works"]) == 6


def test_without_an_old_one_the_new_one_is_the_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    shelf.keep(encoded(drawing(1)))
    assert remake(shelf, Newer()).embedded == 1
    assert card(shelf.settings) == NEWER


def test_with_nothing_built_nothing_is_replaced(shelf: Shelf) -> None:
    with pytest.raises(StoreMissing):
        replace_collection(shelf.settings)
    assert len(shelf.collection()["works"]) == 6


# Ends the process before the numbered call of the file system while a collection is replaced.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from shelf import Shelf
from indexer.store import manifest, replacing
calls = [0]
def around(owner, name):
    sound = getattr(owner, name)
    def fragile(*arguments, **named):
        calls[0] += 1
        if calls[0] > int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return sound(*arguments, **named)
    setattr(owner, name, fragile)
for owner, name in ((os, "rename"), (os, "replace"), (os, "fsync"), (Path, "unlink"), (shutil, "rmtree")):
    around(owner, name)
replacing.replace_collection(Shelf(Path(sys.argv[1])).settings)
"""


def test_killed_at_any_moment_the_old_one_or_the_new_one_is_there(shelf: Shelf, tmp_path: Path) -> None:
    with closing(open_store(beside(shelf.settings))) as store:
        model = Model(NEWER, Newer)
        index(shelf.library, store, model, shelf.settings.thumbnails_dir, max_pixels=MAX_PIXELS, decoders=1)
    path, seen = os.pathsep.join([str(ROOT), str(ROOT / "tests")]), set()
    for calls in range(100):
        own = Shelf(shutil.copytree(shelf.data_dir, tmp_path / f"killed-{calls}"))
        command = [sys.executable, "-c", KILLED, str(own.data_dir), str(calls)]
        ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, timeout=60).returncode
        assert len(own.collection()["works"]) == 6
        seen.add(card(own.settings).weights_sha256)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    assert calls > 4
    assert seen == {Averages.card.weights_sha256, NEWER.weights_sha256}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[IndexerSettings]:
    """Settings of a collection on a server."""
    with StandIn() as server:
        yield IndexerSettings(data_dir=tmp_path, qdrant_url=server.url, _env_file=None)


@pytest.mark.parametrize("old_card", [CARD, OTHER, None])
def test_on_a_server_the_new_works_take_the_place_of_the_old(
    served: IndexerSettings, old_card: ModelCard | None
) -> None:
    if old_card is not None:
        with closing(open_store(served)) as old:
            old.prepare(old_card)
            old.add(artworks(30), {CONTENT: vectors(30, seed=1)})
    with closing(open_store(beside(served))) as new:
        new.prepare(OTHER)
        new.add(artworks(20), {CONTENT: vectors(20, seed=2)})
    replace_collection(served)
    with closing(open_store(served)) as store:
        assert store.stats().card == OTHER
        assert sorted(work.id for works in store.scan() for work in works) == sorted(work.id for work in artworks(20))
        ids = [work.id for work in artworks(20)]
        assert store.vectors(ids) == pytest.approx(vectors(20, seed=2), abs=2e-3)
    with closing(open_store(beside(served))) as new, pytest.raises(StoreMissing):
        new.stats()


def test_a_store_of_another_model_is_still_refused(shelf: Shelf) -> None:
    remake(shelf, Newer())
    with pytest.raises(WrongModel):
        shelf.index(Averages())
