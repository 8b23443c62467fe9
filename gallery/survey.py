"""What pages tell of the collection as a whole: what a score means, who is like whom, works by decade.

It is read from the store by a thread of its own, first when a page asks and anew when the collection has
changed, so that no page waits for it; until it is there, pages say less.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock, Thread

from flask import Flask, current_app

from gallery.duplicates.calibrating import Bands, model_of
from indexer.errors import StoreClosed, StoreError, StoreMissing
from indexer.kinship import kin
from indexer.likeness import Limits, Scale, scale_of, unit_vectors
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, FacetCount, Filters

log = logging.getLogger(__name__)

_KEY = "gallery_survey"

LATE = 10_000
"""A year after all others: where no year is known."""

SAMPLE = 1_500
"""Works whose pairs make the scale: 1.1 million pairs, 12 MB of vectors."""

MOST_VECTORS, MOST_EACH, FEWEST_EACH = 5_000, 16, 4
"""Vectors read to compare artists (40 MB of 2,048 numbers), works of one artist among them, and the least."""

MOST_VALUES = 1_000
"""Values of one field that are kept, the most frequent."""

PAUSE = 60.0
"""Seconds between looking whether the collection has changed, and 20 times as long as the last survey took."""

AGE = 3600.0
"""Seconds after which it is surveyed anew though no work came or went: jobs or others may have corrected some."""


@dataclass(frozen=True, slots=True)
class Kindred:
    """An artist like another, with the pair of works that ties them."""

    slug: str
    name: str
    likeness: float
    ours: Artwork
    theirs: Artwork
    closest: float


@dataclass(slots=True)
class Group:
    """The works of an artist or a movement: how many by decade, by year, and by movement."""

    name: str = ""
    count: int = 0
    decades: Counter[int] = field(default_factory=Counter)
    dated: Counter[int] = field(default_factory=Counter)
    movements: Counter[str] = field(default_factory=Counter)

    @property
    def years(self) -> list[tuple[int, int]]:
        """Decades with their counts, in order."""
        return sorted(self.decades.items())

    @property
    def centuries(self) -> list[int]:
        """First years of the centuries there are works of."""
        return sorted({decade // 100 * 100 for decade in self.decades})

    @property
    def begins(self) -> int:
        """The first decade, or a late one if no year is known: it sorts last."""
        return min(self.decades, default=LATE)


@dataclass(frozen=True, slots=True)
class Survey:
    """The collection as a whole at one moment.

    `values` are those of some of the store's fields, most frequent first: what the form of a search offers whatever is
    searched for, and what the store would take longer to count than to search.
    """

    revision: tuple[int, str]
    model: str
    scale: Scale | None
    artists: Mapping[str, Group]
    movements: Mapping[str, Group]
    kindred: Mapping[str, Sequence[Kindred]]
    values: Mapping[str, Sequence[FacetCount]]


class Surveyor:
    """Keeps the survey of a store, with what curators said of pairs as the file of bands tells it."""

    def __init__(self, store: ArtworkStore, bands: Path | None = None) -> None:
        self._store, self._bands = store, Bands(bands) if bands else None
        self._survey: Survey | None = None
        self._ready, self._lock = Event(), Lock()
        self._due, self._going, self._measured = 0.0, False, 0.0

    def latest(self, patience: float = 0.0) -> Survey | None:
        """Return the last survey, None before the first; see to a newer one. Wait at most so long for the first."""
        with self._lock:
            if not self._going and time.monotonic() >= self._due:
                self._going = True
                Thread(target=self._look, name="survey", daemon=True).start()
        if patience and self._survey is None:
            self._ready.wait(patience)
        known = self._survey
        if known is None or known.scale is None or self._bands is None:
            return known
        limits = self._bands.of(known.model)
        if known.scale.limits == limits:
            return known
        # Whoever writes it meanwhile has looked at the same file, or at a newer collection.
        judged = replace(known, scale=replace(known.scale, limits=limits))
        with self._lock:
            if self._survey is known:
                self._survey = judged
        return judged

    def judged(self, weights: Mapping[str, float]) -> Limits | None:
        """Return where bands begin in a lens or a mix by what curators said, None as long as nothing is known of it."""
        known = self._survey
        return self._bands.of(known.model, weights) if known and self._bands else None

    def forget(self) -> None:
        """Tell nothing until the next look: works were removed or corrected, which no page may show as they were."""
        with self._lock:
            self._survey, self._due = None, 0.0
            self._ready.clear()

    def measure(self) -> Survey | None:
        """Survey the collection now if it has changed, or was surveyed long ago; None while there is none."""
        try:
            revision = revision_of(self._store)
        except StoreMissing:
            return None
        known = self._survey
        if known is None or known.revision != revision or time.monotonic() >= self._measured + AGE:
            self._survey = survey(self._store, revision)
            self._measured = time.monotonic()
        return self._survey

    def _look(self) -> None:
        began = time.monotonic()
        try:
            self.measure()
        except StoreClosed:
            log.debug("survey: the store was closed meanwhile")
        except StoreError as error:
            # Pages do without; whatever ails the store shows itself there too.
            log.warning("survey: %s", error)
        finally:
            took = time.monotonic() - began
            with self._lock:
                self._due, self._going = time.monotonic() + max(PAUSE, 20 * took), False
            self._ready.set()


def revision_of(store: ArtworkStore) -> tuple[int, str]:
    """Return what changes when works come or go: how many, and which is the newest."""
    page = store.page(Filters(), size=1)
    return page.total, page.artworks[0].id if page.artworks else ""


def survey(store: ArtworkStore, revision: tuple[int, str]) -> Survey:
    """Read the whole collection once, and the vectors of a sample of it."""
    artists, movements = defaultdict[str, Group](Group), defaultdict[str, Group](Group)
    samples = defaultdict[str, list[Artwork]](list)
    seen, licences = Counter[str](), Counter[str]()
    sample: list[str] = []
    for batch in store.scan():
        for work in batch:
            # Ids come from hashes: in their order, the first are as good as drawn by lot.
            if len(sample) < SAMPLE:
                sample.append(work.id)
            if len(samples[work.artist_slug]) < MOST_EACH:
                samples[work.artist_slug].append(work)
            _count(artists[work.artist_slug], work.artist, work)
            if work.movement:
                _count(movements[work.movement], work.movement, work)
            seen.update(work.seen_words)
            licences[work.licence] += 1
    scale = scale_of(unit_vectors(store, sample)) if sample else None
    named = Counter({name: group.count for name, group in movements.items()})
    values = {
        field: [FacetCount(*each) for each in counts.most_common(MOST_VALUES)]
        for field, counts in (("movement", named), ("seen_words", seen), ("licence", licences))
    }
    return Survey(revision, model_of(store), scale, dict(artists), dict(movements), kindred(store, samples), values)


def kindred(store: ArtworkStore, samples: Mapping[str, Sequence[Artwork]]) -> dict[str, list[Kindred]]:
    """Return who is like whom; the vectors read are bounded, so that many artists have fewer works each compared."""
    each = max(FEWEST_EACH, min(MOST_EACH, MOST_VECTORS // max(1, len(samples))))
    # Those with most works first, in case even so few of each are too many.
    slugs = sorted(samples, key=lambda slug: -len(samples[slug]))[: MOST_VECTORS // FEWEST_EACH]
    works: list[Artwork] = []
    rows: dict[str, list[int]] = {}
    for slug in slugs:
        own = samples[slug][:each]
        rows[slug] = list(range(len(works), len(works) + len(own)))
        works += own
    if not works:
        return {}
    vectors = unit_vectors(store, [work.id for work in works])
    return {
        slug: [
            Kindred(
                near.artist,
                works[near.theirs].artist,
                near.likeness,
                works[near.ours],
                works[near.theirs],
                float(vectors[near.ours] @ vectors[near.theirs]),
            )
            for near in found
        ]
        for slug, found in kin(rows, vectors)
    }


def _count(group: Group, name: str, work: Artwork) -> None:
    group.name = name
    group.count += 1
    if work.year is not None:
        group.decades[work.year // 10 * 10] += 1
        group.dated[work.year] += 1
    if work.movement:
        group.movements[work.movement] += 1


def surveyor() -> Surveyor:
    """Return the surveyor of the app that answers the current request."""
    found: Surveyor = current_app.extensions[_KEY]
    return found


def hold(app: Flask, store: ArtworkStore) -> None:
    """Keep a surveyor with the app it works for, and let templates say what a score means."""
    app.extensions[_KEY] = Surveyor(store, app.config["GALLERY"].bands_file)
    app.add_template_global(meaning)
    app.add_template_global(closer_than)


def meaning(score: float, scale: Scale | None = None) -> str:
    """Return a score in words, as far as the collection is known; without a scale, a score by subject."""
    if scale is None and (known := surveyor().latest()):
        scale = known.scale
    return words_for(scale, score) if scale else "Cosine similarity, 1 is the same picture"


WORDS = {
    "same": "The same picture, or all but",
    "version": "Perhaps another version of it",
    "near": "Near",
    "kindred": "Kindred",
    "apart": "Not close",
}


def words_for(scale: Scale, score: float) -> str:
    """Return a score in words: its band, and how many pairs of works are less alike."""
    return f"{WORDS[scale.band(score)]}: closer than {closer_than(scale, score)}"


def closer_than(scale: Scale, score: float) -> str:
    """Return in words how many pairs of works are less alike."""
    share = scale.share_below(score)
    most = float(scale.shares[-1])
    return "any of a million pairs drawn by lot" if share >= most else f"{percent(share)} of all pairs of works here"


def percent(share: float) -> str:
    """Return a share below 1 in percent, with as many digits as keep it from 100."""
    digits = 0 if share < 0.95 else 1 if share < 0.999 else 2 if share < 0.9999 else 3
    return f"{int(share * 100 * 10**digits) / 10**digits:.{digits}f} %"
