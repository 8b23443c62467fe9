"""The section of hubs and works that never come: counted in the graph of neighbours, and in each lens over a sample."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gallery.report.model import Case, Facts, Figure, Section, face_of
from indexer.errors import NoVector, StoreMissing, UnknownArtwork
from indexer.graph.file import graph_path, halves, read
from indexer.hubs import FIRST, Counts, hubness, nearest_within, occurrences
from indexer.lenses.names import known_lenses
from indexer.likeness import unit_vectors
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Artwork

SAMPLE = 3_000
"""Works that are compared each with each in a lens of which there is no graph: 9 million cosines, a few seconds."""

TOP, NEVER = 12, 24


@dataclass(frozen=True, slots=True)
class Shown:
    """How often works are among the nearest of others, by the first halves of their ids, which rise."""

    high: NDArray[np.uint64]
    counts: Counts

    def of(self, works: Sequence[Artwork]) -> list[int | None]:
        """Return how often each of some works comes; None for those that were not counted."""
        if not len(self.high):
            return [None] * len(works)
        asked = np.array([halves(work.id)[0] for work in works], np.uint64)
        at = np.minimum(np.searchsorted(self.high, asked), len(self.high) - 1)
        there = self.high[at] == asked
        return [int(self.counts[row]) if known else None for row, known in zip(at, there, strict=True)]


NOBODY = Shown(np.zeros(0, np.uint64), np.zeros(0, np.int64))


class Nearness(Section):
    """Counts who is among the first neighbours of whom; `shown` has the counts of single works."""

    name, title = "hubs", "Hubs, and works that never come"
    figures = (
        Figure("coverage", "Coverage", "share"),
        Figure("gini", "Gini of how often works come", "number"),
        Figure("skewness", "Skewness of how often works come", "number"),
        Figure("never", "Works that never come"),
        Figure("hubs", "Hubs"),
        Figure("most", "Times the greatest hub comes"),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.shown, self._from = NOBODY, "sample"
        self._lenses: list[dict[str, Any]] = []
        self._hubs: list[tuple[int, Artwork]] = []
        self._never: list[Artwork] = []
        self._counts: list[int] = []
        self._unknown = 0
        # While there is no collection there is nothing to count.
        with suppress(StoreMissing):
            self._count()
        self._top = _threshold(self.shown.counts, TOP)

    def see(self, works: Sequence[Artwork]) -> None:
        """Note which of some works come most often, and the first of those that never do."""
        for work, count in zip(works, self.shown.of(works), strict=True):
            if count is None:
                self._unknown += 1
                continue
            self._counts.append(count)
            if count == 0 and len(self._never) < NEVER:
                self._never.append(work)
            if count >= self._top > 0:
                self._hubs.append((count, work))

    def facts(self) -> Facts:
        """Return what was counted."""
        # The graph is brought up to date with the next indexing: works that are gone since do not count.
        in_graph = [_told(CONTENT, np.array(self._counts, np.int64))] if self._from == "graph" else []
        lenses = [*in_graph, *self._lenses]
        first = lenses[0] if lenses else {}
        hubs = sorted(self._hubs, key=lambda pair: (-pair[0], pair[1].sha256))[:TOP]
        return {
            **{key: first.get(key) for key in ("coverage", "gini", "skewness", "never", "hubs", "most")},
            "first": FIRST,
            "counted_in": self._from,
            "unknown": self._unknown if self._from == "graph" else 0,
            "lenses": lenses,
            "top": [face_of(work) | {"note": f"{count:,} times"} for count, work in hubs],
            "some_never": [face_of(work) for work in self._never],
        }

    def _count(self) -> None:
        store = self._case.house.store
        card = store.stats().card
        if card is None:
            return
        sample: list[str] | None = None
        graph = read(graph_path(self._case.settings.graph_dir, card))
        for lens in known_lenses(card.widths):
            if self._case.stopped():
                return
            if lens == CONTENT and graph is not None and len(graph):
                self._from = "graph"
                self.shown = Shown(graph["high"].copy(), occurrences(graph["near"], len(graph)))
                continue
            self._case.say(f"neighbours by {lens}", 0, 0)
            sample = _drawn(store) if sample is None else sample
            counts = _among(store, sample, lens)
            if counts is None:
                continue
            if lens == CONTENT and len(sample) < SAMPLE:
                self._from = "all"
                self.shown = Shown(np.array([halves(each)[0] for each in sample], np.uint64), counts)
            self._lenses.append(_told(lens, counts))


def _told(lens: str, counts: Counts) -> dict[str, Any]:
    """Return what a report keeps of how often works come in a lens."""
    found = asdict(hubness(counts))
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in found.items()}
    return rounded | {"lens": lens, "lorenz": [round(share, 4) for share in found["lorenz"]]}


def _drawn(store: ArtworkStore) -> list[str]:
    """Return the ids of some works, in their order; ids come from hashes, so that the first are as good as by lot."""
    found: list[str] = []
    for work in chain.from_iterable(store.scan()):
        found.append(work.id)
        if len(found) == SAMPLE:
            break
    return found


def _among(store: ArtworkStore, sample: Sequence[str], lens: str) -> Counts | None:
    """Return how often works of a sample are among the nearest of each other; None if they have no such vectors."""
    try:
        vectors = unit_vectors(store, sample, lens=lens)
    except (NoVector, UnknownArtwork):
        # Vectors of a new lens come bit by bit, and a work may be removed meanwhile: the next report has it.
        return None
    return occurrences(nearest_within(vectors), len(sample))


def _threshold(counts: Counts, most: int) -> int:
    """Return the least count of the `most` works that come most often."""
    if not len(counts):
        return 0
    return int(np.sort(counts)[-min(most, len(counts))])
