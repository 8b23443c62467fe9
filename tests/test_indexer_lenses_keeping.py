"""Lenses of a real collection: begun without, fitted, filled, refitted, given to an old one, and killed on the way."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shelf import Averages, Observing, Shelf, drawing, encoded

from indexer.errors import TooFewForLenses
from indexer.lenses.features import Shelf as Kept
from indexer.lenses.keeping import Lenses, measured
from indexer.lenses.pairs import pairs_file
from indexer.lenses.statistics import LEAST
from indexer.pipeline.outcome import IndexOutcome
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, STYLE, Artwork, Filters, ModelCard

ROOT = Path(__file__).parents[1]
KEY = Averages.card.weights_sha256[:12]
PICTURES = [encoded(drawing(number, (96, 80))) for number in range(2 * LEAST)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data")


def index(shelf: Shelf, encoder: Averages | None = None, *, upgrade: bool = True) -> IndexOutcome:
    return shelf.index(encoder or Observing(), statistics=shelf.settings.statistics_dir, upgrade=upgrade)


def opened(shelf: Shelf) -> "closing[ArtworkStore]":  # type: ignore[type-var]
    return closing(open_store(shelf.settings))  # type: ignore[type-var]


def card(shelf: Shelf) -> ModelCard:
    with opened(shelf) as store:
        found = store.stats().card
        assert found is not None
        return found


def marks(shelf: Shelf) -> dict[str, str]:
    with opened(shelf) as store:
        return store.marks([work.id for batch in store.scan() for work in batch])


def pairs(shelf: Shelf) -> tuple[str, int] | None:
    found = measured(shelf.settings.statistics_dir)
    return None if found is None else (found.statistics, found.works)


def kept(shelf: Shelf) -> list[Path]:
    return sorted(shelf.settings.thumbnails_dir.rglob("*.features"))


def test_a_collection_begins_with_content_and_gets_its_lenses_once_there_are_works_enough(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[: LEAST - 1])
    assert index(shelf).filled == 0
    assert card(shelf).widths.keys() == {CONTENT}
    assert len(kept(shelf)) == LEAST - 1
    shelf.keep(*PICTURES[LEAST - 1 : LEAST + 1])
    outcome = index(shelf)
    assert (outcome.embedded, outcome.filled) == (2, LEAST + 1)
    name = card(shelf).statistics
    assert set(marks(shelf).values()) == {name}
    assert len(marks(shelf)) == LEAST + 1
    assert sorted(path.name for path in shelf.settings.statistics_dir.iterdir()) == [f"{name}.npz", "pairs.npz"]


def test_later_works_get_all_lenses_as_they_are_stored_and_nothing_is_done_twice(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[:LEAST])
    index(shelf)
    name = card(shelf).statistics
    shelf.keep(*PICTURES[LEAST : LEAST + 3])
    outcome = index(shelf)
    assert (outcome.embedded, outcome.filled, card(shelf).statistics) == (3, 0, name)
    assert set(marks(shelf).values()) == {name}
    assert len(marks(shelf)) == LEAST + 3
    still = Observing()
    assert not index(shelf, still).changed
    assert still.batches == []


def test_whoever_holds_new_works_is_told_their_vectors_in_every_lens(shelf: Shelf) -> None:
    told: dict[str, np.ndarray] = {}

    def hold(works: Sequence[Artwork], vectors: Mapping[str, np.ndarray]) -> Collection[str]:
        told.clear()
        told.update(vectors)
        return [work.sha256 for work in works[:1]]

    more: dict[str, Any] = {"statistics": shelf.settings.statistics_dir, "hold": hold}
    shelf.keep(*PICTURES[: LEAST + 1])
    shelf.index(Observing(), **more | {"batch_size": 64})
    assert told.keys() == {CONTENT}
    shelf.keep(*PICTURES[LEAST + 1 : LEAST + 4])
    outcome = shelf.index(Observing(), **more | {"batch_size": 64})
    # The one that was held before is new again to whoever keeps no list.
    assert (outcome.embedded, outcome.held) == (3, 1)
    with opened(shelf) as store:
        works = [work for batch in store.scan() for work in batch]
        for lens in (CONTENT, STYLE):
            rows = store.vectors([work.id for work in works], lens=lens)
            assert len(told[lens]) == 4 and (told[lens] @ rows.T).max(axis=1)[1:] == pytest.approx(1, abs=1e-3)


def test_a_collection_that_has_doubled_is_fitted_anew_without_embedding_anything_again(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[:LEAST])
    index(shelf)
    first = card(shelf).statistics
    shelf.keep(*PICTURES[LEAST:])
    encoder = Observing()
    assert index(shelf, encoder).filled == 2 * LEAST
    assert sum(encoder.batches) == LEAST
    assert card(shelf).statistics != first
    assert set(marks(shelf).values()) == {card(shelf).statistics}
    assert len(list(shelf.settings.statistics_dir.glob("1-*.npz"))) == 1
    assert pairs(shelf) == (card(shelf).statistics, 2 * LEAST)


def test_a_collection_from_before_there_were_lenses_opens_and_is_given_them(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[: LEAST + 2])
    shelf.index(Averages())
    with opened(shelf) as store:
        first = next(store.scan())[0]
        store.set_fields({first.id: {"cluster": "c1"}})
    before = shelf.collection()["works"]
    new = shelf.keep(PICTURES[LEAST + 2])
    only_new = index(shelf, upgrade=False)
    assert (only_new.embedded, card(shelf).widths.keys()) == (1, {CONTENT})
    assert pairs(shelf) is None
    encoder = Observing()
    outcome = index(shelf, encoder)
    assert (outcome.embedded, sum(encoder.batches), outcome.filled) == (0, LEAST + 2, LEAST + 3)
    assert len(marks(shelf)) == LEAST + 3
    after = shelf.collection()["works"]
    assert {each: after[each] for each in before} == before
    assert len(after) == len(before) + len(new)


def test_pairs_are_measured_once_all_works_have_their_lenses_and_not_while_many_lack_them(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[: LEAST + 4])
    shelf.index(Averages())
    # As a job does it, which leaves old works to a command.
    shelf.keep(*PICTURES[LEAST + 4 :])
    index(shelf, upgrade=False)
    assert (card(shelf).statistics is None, pairs(shelf)) == (True, None)
    with opened(shelf) as store:
        works = [work.sha256 for batch in store.scan() for work in batch]
    index(shelf)
    assert pairs(shelf) == (card(shelf).statistics, len(works))
    path = pairs_file(shelf.settings.statistics_dir)
    before = path.stat()
    index(shelf)
    assert path.stat().st_mtime_ns == before.st_mtime_ns, "nothing has changed"
    path.write_bytes(path.read_bytes()[:-40])
    index(shelf)
    assert pairs(shelf) == (card(shelf).statistics, len(works))
    with opened(shelf) as store:
        lenses = Lenses(store, Kept(shelf.settings.thumbnails_dir, KEY), shelf.settings.statistics_dir)
        for sha256 in works[:2]:
            lenses.shelf.path(sha256).unlink()
        lenses.refit(lambda: True)
        assert pairs(shelf) is None, "stopped on the way"
        assert lenses.refit(lambda: False) == len(works) - 2
        assert pairs(shelf) is not None


def test_neighbours_in_a_lens_are_those_of_what_the_statistics_make(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[:LEAST])
    index(shelf)
    with opened(shelf) as store:
        works = [work for batch in store.scan() for work in batch]
        lenses = Lenses(store, Kept(shelf.settings.thumbnails_dir, KEY), shelf.settings.statistics_dir)
        features = [lenses.shelf.read(work.sha256) for work in works]
        rows = lenses.vectors([each for each in features if each is not None])[STYLE]
        best = works[int(np.argsort(-(rows @ rows[0]))[1])]
        assert store.similar(works[0].id, Filters(), lens=STYLE, size=1).found[0].artwork == best


def test_lost_statistics_and_damaged_features_are_made_again(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[:LEAST])
    index(shelf)
    name = card(shelf).statistics
    (shelf.settings.statistics_dir / f"{name}.npz").unlink()
    kept(shelf)[0].write_bytes(b"")
    encoder = Observing()
    index(shelf, encoder)
    assert sum(encoder.batches) == 1
    assert (shelf.settings.statistics_dir / f"{card(shelf).statistics}.npz").exists()
    assert set(marks(shelf).values()) == {card(shelf).statistics} == {name}


def test_what_is_removed_leaves_nothing_for_the_lenses_behind(shelf: Shelf) -> None:
    records = shelf.keep(*PICTURES[:LEAST])
    index(shelf)
    shelf.library.record_path(records[0].picture.sha256).unlink()
    index(shelf)
    assert len(kept(shelf)) == LEAST - 1
    assert not [path for path in shelf.settings.thumbnails_dir.rglob("*") if records[0].picture.sha256 in path.name]


def test_refitting_needs_works_and_then_fills_all_in(shelf: Shelf) -> None:
    shelf.keep(*PICTURES[:LEAST])
    index(shelf)
    with opened(shelf) as store:
        lenses = Lenses(store, Kept(shelf.settings.thumbnails_dir, KEY), shelf.settings.statistics_dir)
        assert lenses.refit(lambda: False) == 0, "the same sample gives the same statistics"
        for path in kept(shelf)[1:]:
            path.unlink()
        with pytest.raises(TooFewForLenses, match="1 are ready"):
            lenses.refit(lambda: False)


KILLED = """
import os, signal, sys
from pathlib import Path
from shelf import Observing, Shelf
from indexer.lenses import keeping
from indexer.store.collection import Collection
keeping._BATCH = 4
place, count = sys.argv[2], int(sys.argv[3])
owner, _, name = place.partition(".")
owner = {"keeping": keeping, "store": Collection, "lenses": keeping.Lenses}[owner]
sound, calls = getattr(owner, name), []
def fragile(*arguments, **named):
    calls.append(1)
    if len(calls) > count:
        os.kill(os.getpid(), signal.SIGKILL)
    return sound(*arguments, **named)
setattr(owner, name, fragile)
shelf = Shelf(Path(sys.argv[1]))
shelf.index(Observing(), statistics=shelf.settings.statistics_dir, upgrade=True)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path_factory.mktemp("library") / "data")
    shelf.keep(*PICTURES[:LEAST])
    yield shelf


@pytest.mark.parametrize(
    "moment",
    [("lenses.keep", 5), ("keeping.save", 0), ("store.extend", 0), ("store.set_vectors", 1), ("keeping.save_pairs", 0)],
)
def test_killed_on_the_way_to_its_lenses_the_next_run_ends_with_all(
    library: Shelf, tmp_path: Path, moment: tuple[str, int]
) -> None:
    shelf = Shelf(shutil.copytree(library.data_dir, tmp_path / "data"))
    known = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", KILLED, str(shelf.data_dir), moment[0], str(moment[1])]
    assert subprocess.run(command, env=known, timeout=60).returncode == -signal.SIGKILL
    index(shelf)
    assert len(marks(shelf)) == len(kept(shelf)) == LEAST
    assert set(marks(shelf).values()) == {card(shelf).statistics}
    assert pairs(shelf) == (card(shelf).statistics, LEAST)
