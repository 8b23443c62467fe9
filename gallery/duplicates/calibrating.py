"""Where "the same" and "a version" begin by what curators said of pairs: a file, so that visitors' pages ask no SQL.

A pair's cosine is noted with its verdict, for a work that is merged away has no vector any more. Cosines of another
model say nothing; those of pairs whose works both hang here are measured again, by the jobs that look for duplicates.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np

from gallery.db import Session
from gallery.holdings.house import House
from gallery.models.duplicates import DuplicatePair, Verdict, judged, unmeasured
from indexer.errors import StoreMissing
from indexer.likeness import Limits, limits_of
from indexer.portraits import model_name
from indexer.store import ArtworkStore
from indexer.store.model import artwork_id
from scraper.disk import whole_file
from scraper.fresh import FreshFile

_SAME: tuple[Verdict, ...] = ("same-file", "same-work")
_VERSIONS: tuple[Verdict, ...] = ("variant", "detail")
_AT_ONCE = 500


def bands_file(house: House) -> Path:
    """Return the file in which visitors' pages find where bands begin."""
    return house.facts.with_name("bands.json")


def model_of(store: ArtworkStore) -> str:
    """Return what the model of a collection is known by here; raises `StoreMissing`."""
    card = store.stats().card
    return sha256(model_name(card).encode() if card else b"").hexdigest()


def measure(house: House, pairs: Sequence[DuplicatePair]) -> None:
    """Note how alike the works of pairs are, by the collection's model; nothing for those that hang here no more."""
    model = model_of(house.store)
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        ids = list(dict.fromkeys(artwork_id(work) for pair in some for work in (pair.one, pair.other)))
        gone = set(house.store.missing(ids))
        ids = [each for each in ids if each not in gone]
        vectors = dict(zip(ids, house.store.vectors(ids), strict=True))
        for pair in some:
            one, other = vectors.get(artwork_id(pair.one)), vectors.get(artwork_id(pair.other))
            if one is not None and other is not None:
                length = float(np.linalg.norm(one) * np.linalg.norm(other))
                pair.cosine, pair.model = float(one @ other) / max(length, 1e-12), model


def calibrate(house: House) -> None:
    """Measure what was judged before and is not measured, then write the file; raises OSError."""
    try:
        with house.database.writing() as session:
            measure(house, unmeasured(session, model_of(house.store)))
    except StoreMissing:
        return
    write_bands(house)


def write_bands(house: House) -> None:
    """Write where bands begin by all verdicts there are, whole or not at all; raises OSError."""
    try:
        model = model_of(house.store)
    except StoreMissing:
        return
    with house.database.reading() as session:
        limits = _limits(session, model)
    with whole_file(bands_file(house)) as file:
        file.write(json.dumps({"model": model, **asdict(limits)}).encode())


def _limits(session: Session, model: str) -> Limits:
    cosines: dict[str, list[float]] = {"same": [], "version": [], "different": []}
    for verdict, cosine in judged(session, model):
        cosines["same" if verdict in _SAME else "version" if verdict in _VERSIONS else "different"].append(cosine)
    return limits_of(*(np.array(found, dtype=np.float32) for found in cosines.values()))


class Bands:
    """The file, read again when it has been changed."""

    def __init__(self, path: Path) -> None:
        self._file = FreshFile(path, _read)

    def of(self, model: str) -> Limits | None:
        """Return where bands begin in a collection of this model; None where nothing was judged, or it cannot be read.

        Pages then go by the sampled pairs alone.
        """
        try:
            found = self._file.now()
        except (OSError, ValueError, TypeError):
            return None
        return found[1] if found and found[0] == model and found[1].judged else None


def _read(path: Path) -> tuple[str, Limits]:
    told = json.loads(path.read_bytes())
    return told.pop("model", ""), Limits(**told)
