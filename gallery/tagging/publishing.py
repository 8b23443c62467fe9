"""What works show of curators' sets: what curators said, else what the applied model is sure enough of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gallery.db import Database
from gallery.models.tagging import TagModel, TagSet, applied_models, standing, tag_sets
from gallery.tagging.files import Scores, read_head, read_scores, write_scores
from gallery.tagging.truth import Verdicts, verdicts_of
from indexer.errors import StoreMissing
from indexer.store import ArtworkStore
from indexer.store.model import CURATOR, MACHINE, Artwork
from indexer.tagging.errors import DamagedHead, WrongHead
from indexer.tagging.head import Head

_DIGITS = 3
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sheet:
    """A set with what holds of its works and what its applied model says of them, if there is one."""

    tags: TagSet
    verdicts: Verdicts
    scores: Scores | None


def given_to(work: Artwork, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """Return the payload fields that say which classes a work has, and by whose word."""
    given = [entry for sheet in sheets for entry in _given(work, sheet)]
    return {"given": given, "given_words": [word_of(name, label) for name, label, *_ in given]}


def word_of(name: str, label: str) -> str:
    """Return a class with its set as works are filtered by it."""
    return f"{name}: {label}"


def _given(work: Artwork, sheet: Sheet) -> list[list[Any]]:
    said, tags = sheet.verdicts.get(work.sha256, {}), sheet.tags
    chances = (sheet.scores.of(work.id) if sheet.scores else None) or {}
    chosen = [[tags.name, name, 1.0, CURATOR] for name in tags.classes if said.get(name)]
    if tags.exclusive and chosen:
        return chosen
    open_ = {name: chances[name] for name in tags.classes if name in chances and name not in said}
    if tags.exclusive:
        open_ = _one_of(open_, refused=sum(chances.get(name, 0.0) for name in said))
    guessed = [
        [tags.name, name, round(chance, _DIGITS), MACHINE] for name, chance in open_.items() if chance >= tags.threshold
    ]
    return chosen + guessed


def _one_of(open_: Mapping[str, float], refused: float) -> dict[str, float]:
    """Return the likeliest of exclusive classes; what the refused ones had is shared out among the others."""
    if not open_:
        return {}
    best = max(open_, key=lambda name: open_[name])
    return {best: min(1.0, open_[best] / max(1 - refused, 1e-6))}


def republish(database: Database, store: ArtworkStore, folder: Path, works: Iterable[Artwork]) -> None:
    """Write what these works show of all sets."""
    some = list(works)
    sheets = _sheets(database, folder, [work.sha256 for work in some])
    _write(store, some, sheets)


def retag(database: Database, store: ArtworkStore, folder: Path) -> int:
    """Write what all works show, asking the applied models about works they have not seen; return how many changed.

    It makes good whatever was lost: a payload that was written anew, a model's scores, a decision that only SQL has.
    """
    with database.reading() as session:
        sets, models = tag_sets(session), applied_models(session)
    try:
        works = [work for batch in store.scan() for work in batch]
    except StoreMissing:
        return 0
    if not sets and not any(work.given for work in works):
        return 0
    for model in models.values():
        _see_all(store, folder, model, [work.id for work in works])
    return _write(store, works, _sheets(database, folder, None))


def score(store: ArtworkStore, head: Head, ids: Sequence[str]) -> Scores:
    """Return what a head says of works; raises `WrongHead` if the collection's vectors are of another network."""
    check(store, head)
    parts = [np.empty((0, len(head.classes)), np.float32)]
    for start in range(0, len(ids), _AT_ONCE):
        parts.append(head.probabilities(store.vectors(ids[start : start + _AT_ONCE])))
    return Scores(tuple(ids), head.classes, np.concatenate(parts))


def check(store: ArtworkStore, head: Head) -> None:
    """Raise `WrongHead` if the collection's vectors are not of the network that a head was learned on."""
    if model_of(store) != head.model:
        raise WrongHead(head.model, model_of(store))


def model_of(store: ArtworkStore) -> str:
    """Return which network the collection's vectors are of, as heads note it; raises `StoreMissing`."""
    card = store.stats().card
    return f"{card.backbone} {card.weights_sha256} {card.preprocessing}" if card else ""


def _see_all(store: ArtworkStore, folder: Path, model: TagModel, ids: Sequence[str]) -> None:
    try:
        head = read_head(folder, model.sha256)
        known = read_scores(folder, model.sha256) or Scores(
            (), head.classes, np.empty((0, len(head.classes)), np.float32)
        )
        new = [work for work in ids if work not in known.place]
        gone = known.place.keys() - set(ids)
        if new or gone:
            found = score(store, head, new)
            write_scores(folder, model.sha256, known.joined(new, found.probabilities, gone))
    except (DamagedHead, WrongHead):
        # The set's page says so; until it is trained anew, works keep what the scores of before say.
        return


def _sheets(database: Database, folder: Path, hashes: Sequence[str] | None) -> list[Sheet]:
    sheets = []
    with database.reading() as session:
        models = applied_models(session)
        for tags in tag_sets(session):
            verdicts = verdicts_of(standing(session, tags.id, hashes), tags.exclusive)
            model = models.get(tags.id)
            sheets.append(Sheet(tags, verdicts, read_scores(folder, model.sha256) if model else None))
    return sheets


def _write(store: ArtworkStore, works: Sequence[Artwork], sheets: Sequence[Sheet]) -> int:
    changes: dict[str, dict[str, Any]] = {}
    for work in works:
        wanted = given_to(work, sheets)
        if wanted["given"] != [list(entry) for entry in work.given]:
            changes[work.id] = wanted
    ids = list(changes)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        # One may have been removed since it was read.
        gone = set(store.missing(some))
        store.set_fields({work: changes[work] for work in some if work not in gone})
    return len(changes)
