"""The site's hold on where works match: statistics are kept in memory, two works' features are read when asked for."""

from dataclasses import dataclass
from threading import Lock

from flask import Flask, current_app

from gallery.settings import GallerySettings
from indexer.encoder import BACKBONES
from indexer.errors import StoreMissing
from indexer.lenses.features import Shelf
from indexer.lenses.keeping import statistics_of
from indexer.lenses.matching import Place, best_matches, place_of
from indexer.lenses.statistics import Statistics
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, ModelCard

_KEY = "gallery_matching"

LEAST = 0.5
"""Cosine from which two places match. Of 1,500 pairs of works drawn by lot, 57 % have one such place or none; of a work
and its three nearest, 65 % have five."""

# The middle of the first of 7 x 7 cells, for a network that is none of ours.
_PLAIN = 16.0
_WORDS = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places that look alike, where they lie on either picture; `number` counts from 1, the best."""

    number: int
    ours: Place
    theirs: Place
    cosine: float

    @property
    def words(self) -> str:
        """Where the two are, e.g. "upper left with centre"."""
        ours, theirs = where(self.ours), where(self.theirs)
        return f"{ours} with {theirs}" if ours != theirs else f"{ours} in both"


class Matching:
    """Finds the places of two works of a store that match."""

    def __init__(self, settings: GallerySettings, store: ArtworkStore) -> None:
        self._settings, self._store, self._lock = settings, store, Lock()
        self._statistics: Statistics | None = None

    def between(self, one: Artwork, other: Artwork) -> list[Pair] | None:
        """Return the places that match, best first, or None where there is nothing to tell them by."""
        try:
            card = self._store.stats().card
        except StoreMissing:
            return None
        statistics = self._known(card) if card else None
        if card is None or statistics is None:
            return None
        shelf = Shelf(self._settings.thumbnails_dir, card.weights_sha256[:12])
        features = [shelf.read(work.sha256) for work in (one, other)]
        if features[0] is None or features[1] is None:
            return None
        found = [match for match in best_matches(features[0], features[1], statistics) if match.cosine >= LEAST]
        first = BACKBONES[card.backbone].first_cell if card.backbone in BACKBONES else _PLAIN
        return [
            Pair(
                number,
                place_of(match.ours, match.side, first),
                place_of(match.theirs, match.side, first),
                match.cosine,
            )
            for number, match in enumerate(found, 1)
        ]

    def _known(self, card: ModelCard) -> Statistics | None:
        with self._lock:
            if self._statistics is None or self._statistics.name != card.statistics:
                self._statistics = statistics_of(self._store, self._settings.statistics_dir)
            return self._statistics


def where(place: Place) -> str:
    """Return in which ninth of a picture a place has its middle."""
    across, down = (min(2, int(3 * share)) for share in place.middle)
    return _WORDS[down][across]


def matching() -> Matching:
    """Return the matching of the app that answers the current request."""
    found: Matching = current_app.extensions[_KEY]
    return found


def hold(app: Flask, settings: GallerySettings, store: ArtworkStore) -> None:
    """Keep a matching with the app it belongs to."""
    app.extensions[_KEY] = Matching(settings, store)
