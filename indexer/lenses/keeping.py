"""The lenses of a collection: their statistics fitted, and every work given the vectors these make."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from indexer.errors import DerivedError, StatisticsLost, TooFewForLenses
from indexer.lenses.features import Features, Shelf
from indexer.lenses.pairs import SAMPLE as PAIRED
from indexer.lenses.pairs import Pairs, load_pairs, pairs_file, pairs_of, save_pairs
from indexer.lenses.statistics import LEAST, SAMPLE, VERSION, Statistics, fit, load, save
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Vector

WHOLE = 0.9
"""The share of works with all lenses from which pages compare by them: others would never be found."""

_BATCH = 250
# Growth after which pairs are drawn anew.
_GROWN = 1.25
_SEED = 7

Told = Callable[[int, int], None]
"""Told how many works are done, of how many."""


def nothing_told(done: int, total: int) -> None:
    """Show nothing."""


class Lenses:
    """Features come in, vectors go to the store; `folder` is where statistics lie, each under its name.

    A collection is begun with `content` alone. Once there are works enough, statistics are fitted on a sample of
    them, the collection gets its lenses, and every work is filled in from its features, without the network.
    Which works are still without is marked in the collection, so that a run that is killed is gone on with.
    """

    def __init__(self, store: ArtworkStore, shelf: Shelf, folder: Path) -> None:
        self._store, self.shelf, self._folder = store, shelf, folder
        self.statistics = statistics_of(store, folder)
        self._unfilled = 0

    def keep(self, sha256: str, features: Features) -> None:
        """Keep a work's features; raises `DerivedError`."""
        try:
            self.shelf.write(sha256, features)
        except OSError as error:
            raise DerivedError(self.shelf.folder, error.strerror or str(error)) from error

    def vectors(self, works: Sequence[Features]) -> dict[str, Vector]:
        """Return what there is to store with new works: their vectors, or none before there are statistics."""
        return {} if self.statistics is None else self.statistics.vectors(works)

    def unmarked(self, mark: str | None) -> bool:
        """Tell whether vectors with this mark, or none, are not those that the statistics make."""
        return mark is None or self.statistics is None or mark != self.statistics.name

    def note(self, unfilled: int) -> None:
        """Note that so many works have features and not yet the vectors that these make."""
        self._unfilled += unfilled

    def settle(self, stopped: Callable[[], bool], told: Told = nothing_told) -> int:
        """Fit statistics if there are none or they were fitted on half the works there are; fill in what lacks vectors.

        Return how many works were filled in. At the end, pairs are measured if they are not those of this collection.
        """
        works = self._store.stats().artworks
        if works >= LEAST and self._due(works):
            sample = self._sample()
            if len(sample) >= LEAST:
                self._use(fit(sample))
        if self.statistics is None:
            return 0
        filled = self._fill(self.statistics, works, stopped, told) if self._unfilled else 0
        if not stopped() and self._to_measure(self.statistics, works):
            self._measure(self.statistics, works)
        return filled

    def refit(self, stopped: Callable[[], bool], told: Told = nothing_told) -> int:
        """Fit statistics on the works there are now and fill all in; raise `TooFewForLenses`."""
        sample = self._sample()
        if len(sample) < LEAST:
            raise TooFewForLenses(len(sample), LEAST)
        statistics, works = fit(sample), self._store.stats().artworks
        self._use(statistics)
        filled = self._fill(statistics, works, stopped, told)
        if not stopped():
            self._measure(statistics, works)
        return filled

    def _due(self, works: int) -> bool:
        if self.statistics is None:
            return True
        return not self.statistics.name.startswith(f"{VERSION}-") or (
            self.statistics.sample < SAMPLE and works >= 2 * self.statistics.sample
        )

    def _use(self, statistics: Statistics) -> None:
        before = self.statistics
        try:
            # Until all works have the new vectors, pages compare by subject alone.
            pairs_file(self._folder).unlink(missing_ok=True)
            save(self._folder, statistics)
        except OSError as error:
            raise DerivedError(self._folder, error.strerror or str(error)) from error
        # From here on, every work that is not marked with their name lacks vectors.
        self._store.extend(statistics.widths, statistics.name)
        self.statistics = statistics
        self._unfilled += 1
        if before is not None and before.name != statistics.name:
            (self._folder / f"{before.name}.npz").unlink(missing_ok=True)

    def _sample(self) -> list[Features]:
        names = np.array([work.sha256 for batch in self._store.scan() for work in batch])
        chosen = np.random.default_rng(_SEED).permutation(len(names))
        found: list[Features] = []
        for row in chosen:
            features = self.shelf.read(str(names[row]))
            if features is not None:
                found.append(features)
            if len(found) == SAMPLE:
                break
        return found

    def _fill(self, statistics: Statistics, works: int, stopped: Callable[[], bool], told: Told) -> int:
        filled = seen = 0
        for ids, hashes in self._batches():
            if stopped():
                break
            marks = self._store.marks(ids)
            lacking = [
                (artwork_id, features)
                for artwork_id, sha256 in zip(ids, hashes, strict=True)
                if marks.get(artwork_id) != statistics.name and (features := self.shelf.read(sha256)) is not None
            ]
            if lacking:
                vectors = statistics.vectors([features for _, features in lacking])
                self._store.set_vectors([artwork_id for artwork_id, _ in lacking], vectors)
            filled, seen = filled + len(lacking), seen + len(ids)
            told(seen, works)
        return filled

    def _to_measure(self, statistics: Statistics, works: int) -> bool:
        kept = measured(self._folder)
        if kept is None or kept.statistics != statistics.name:
            return True
        return not works / _GROWN <= kept.works <= works * _GROWN

    def _measure(self, statistics: Statistics, works: int) -> None:
        """Draw pairs of works; there are to be none while too many works lack vectors."""
        content: list[Vector] = []
        sample: list[Features] = []
        whole = 0
        for ids, hashes in self._batches():
            marks = self._store.marks(ids)
            filled = [work for work in zip(ids, hashes, strict=True) if marks.get(work[0]) == statistics.name]
            whole += len(filled)
            # Ids come from hashes: in their order, the first are as good as drawn by lot.
            drawn = [(point, self.shelf.read(sha256)) for point, sha256 in filled[: PAIRED - len(sample)]]
            found = [(point, features) for point, features in drawn if features is not None]
            if found:
                content.append(self._store.vectors([point for point, _ in found]))
                sample += [features for _, features in found]
        path = pairs_file(self._folder)
        try:
            if len(sample) < 2 or whole < WHOLE * works:
                path.unlink(missing_ok=True)
            else:
                vectors = {CONTENT: np.concatenate(content), **statistics.vectors(sample)}
                save_pairs(path, pairs_of(statistics.name, works, vectors))
        except OSError as error:
            raise DerivedError(self._folder, error.strerror or str(error)) from error

    def _batches(self) -> Iterator[tuple[list[str], list[str]]]:
        for batch in self._store.scan():
            for start in range(0, len(batch), _BATCH):
                works = batch[start : start + _BATCH]
                yield [work.id for work in works], [work.sha256 for work in works]


def measured(folder: Path) -> Pairs | None:
    """Return the pairs measured of a collection; None while not all its works have all lenses."""
    try:
        return load_pairs(pairs_file(folder))
    except FileNotFoundError:
        return None


def lenses_of(store: ArtworkStore, thumbnails: Path, folder: Path) -> Lenses:
    """Return the lenses of a stored collection; raises `StoreMissing`."""
    card = store.stats().card
    assert card is not None, "a collection that can be read has a card"
    return Lenses(store, Shelf(thumbnails, card.weights_sha256[:12]), folder)


def statistics_of(store: ArtworkStore, folder: Path) -> Statistics | None:
    """Return the statistics a collection was made with; None if it has none or they are lost, to be fitted anew."""
    card = store.stats().card
    if card is None or card.statistics is None:
        return None
    try:
        return load(folder, card.statistics)
    except StatisticsLost:
        return None
