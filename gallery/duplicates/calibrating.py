"""Where "the same" and "a version" begin by what curators said of pairs: a file, so that visitors' pages ask no SQL.

A pair's cosine in each lens is noted with its verdict, for a work that is merged away has no vector any more. Cosines
of another model say nothing; those of pairs whose works both hang here are measured again, by the jobs that look for
duplicates.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gallery.holdings.house import House
from gallery.models.duplicates import SAME, DuplicatePair, Verdict, decided, judged
from indexer.errors import StoreMissing
from indexer.likeness import Limits, limits_of, unit_vectors
from indexer.portraits.model import model_name
from indexer.store import ArtworkStore
from indexer.store.blend import shares_of
from indexer.store.model import CONTENT, Vector, artwork_id
from scraper.disk import whole_file
from scraper.fresh import FreshFile

_VERSIONS: tuple[Verdict, ...] = ("variant", "detail")
_AT_ONCE = 500
# Beside a pair's cosines stands which statistics made the vectors of all lenses but the first.
_BY = "statistics"

log = logging.getLogger(__name__)


def bands_file(house: House) -> Path:
    """Return the file in which visitors' pages find where bands begin."""
    return house.facts.with_name("bands.json")


def model_of(store: ArtworkStore) -> str:
    """Return what the model of a collection is known by here; raises `StoreMissing`."""
    card = store.stats().card
    return sha256(model_name(card).encode() if card else b"").hexdigest()


def measure(house: House, pairs: Sequence[DuplicatePair]) -> None:
    """Note how alike the works of pairs are in each lens; nothing for those that hang here no more."""
    model, card = model_of(house.store), house.store.stats().card
    lenses = [lens for lens in (card.widths if card else ()) if lens != CONTENT]
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        works = {work: artwork_id(work) for pair in some for work in (pair.one, pair.other)}
        gone = set(house.store.missing(list(works.values())))
        there = [each for each in works.values() if each not in gone]
        # Only works that are marked have vectors in all lenses.
        marked = list(house.store.marks(there)) if lenses else []
        vectors = {CONTENT: _rows(house, there, CONTENT)} | {lens: _rows(house, marked, lens) for lens in lenses}
        for pair in some:
            one, other = works[pair.one], works[pair.other]
            found = {
                lens: float(rows[one] @ rows[other]) for lens, rows in vectors.items() if {one, other} <= set(rows)
            }
            if found:
                pair.model, pair.cosines = model, {**found, _BY: card.statistics if card else None}


def calibrate(house: House) -> None:
    """Measure what was judged and is not measured as the collection is now, then write the file; raises OSError."""
    try:
        model, card = model_of(house.store), house.store.stats().card
        by = card.statistics if card else None
        with house.database.writing() as session:
            stale = [each for each in decided(session) if each.model != model or (each.cosines or {}).get(_BY) != by]
            measure(house, stale)
    except StoreMissing:
        return
    write_bands(house)


def write_bands(house: House) -> None:
    """Write all verdicts there are with their cosines, whole or not at all; raises OSError."""
    try:
        model, card = model_of(house.store), house.store.stats().card
    except StoreMissing:
        return
    with house.database.reading() as session:
        pairs = [[_group(verdict), cosines] for verdict, cosines in judged(session, model)]
    told = {"model": model, "statistics": card.statistics if card else None, "pairs": pairs}
    with whole_file(bands_file(house)) as file:
        file.write(json.dumps(told).encode())


def _rows(house: House, ids: Sequence[str], lens: str) -> dict[str, Vector]:
    return dict(zip(ids, unit_vectors(house.store, ids, lens=lens), strict=True))


def _group(verdict: Verdict) -> int:
    return 0 if verdict in SAME else 1 if verdict in _VERSIONS else 2


class Judged:
    """What a file holds: for each pair that was judged its group (the same, version, different) and its cosines."""

    def __init__(self, path: Path) -> None:
        told = json.loads(path.read_bytes())
        self.model: str = told["model"]
        self._statistics: str | None = told["statistics"]
        self._pairs: list[tuple[int, dict[str, Any]]] = [
            (int(group), dict(cosines)) for group, cosines in told["pairs"]
        ]
        self._limits: dict[tuple[tuple[str, float], ...], Limits] = {}

    def limits(self, weights: Mapping[str, float]) -> Limits:
        """Return where bands begin in a lens or a mix, by the pairs that have a cosine in each of its lenses."""
        shares = shares_of(weights)
        key = tuple(sorted(shares.items()))
        if key not in self._limits:
            groups: tuple[list[float], ...] = ([], [], [])
            for group, cosines in self._pairs:
                # What other statistics made is of another lens of that name.
                if shares.keys() == {CONTENT} or cosines.get(_BY) == self._statistics:
                    if shares.keys() <= cosines.keys():
                        groups[group].append(sum(share * cosines[lens] for lens, share in shares.items()))
            self._limits[key] = limits_of(*(np.array(found, dtype=np.float32) for found in groups))
        return self._limits[key]


class Bands:
    """The file, read again when it has been changed."""

    def __init__(self, path: Path) -> None:
        self._file = FreshFile(path, _read)

    def of(self, model: str, weights: Mapping[str, float] = MappingProxyType({CONTENT: 1.0})) -> Limits | None:
        """Return where bands begin in a collection of this model; None where nothing was judged, or it cannot be read.

        Pages then go by the sampled pairs alone.
        """
        try:
            found = self._file.now()
        except OSError as error:
            log.warning("verdicts cannot be read: %s", error)
            return None
        if found is None or found.model != model:
            return None
        limits = found.limits(weights)
        return limits if limits.judged else None


def _read(path: Path) -> Judged | None:
    try:
        return Judged(path)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s is damaged, and made anew with the next verdict: %s", path, error)
        return None
