"""Portraits brought up to what the collection holds: vectors are read only where works came, changed or went."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indexer.errors import NoVector, StoreMissing, UnknownArtwork
from indexer.likeness import unit_rows
from indexer.portraits.file import Label, Rows, read_rows, write
from indexer.portraits.model import model_name
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, PALETTE, ModelCard, Vector

# Works whose vectors are read at a time: what is done between two reads lets other threads go on.
_BATCH = 200

Group = tuple[str, str | None]
"""An artist's slug and a movement, None for works of none."""


@dataclass(slots=True)
class _Works:
    """The works of a group, those that have colours, and a digest of what their vectors are made from."""

    ids: list[str] = field(default_factory=list)
    coloured: list[str] = field(default_factory=list)
    digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def add(self, work: str, crop: Sequence[float], statistics: str | None) -> None:
        self.ids.append(work)
        # A work is marked once it has its vectors in all lenses.
        if statistics is not None:
            self.coloured.append(work)
        self.digest.update(f"{work} {list(crop)} {statistics}\n".encode())


def paint(store: ArtworkStore, path: Path) -> bool:
    """Bring the portraits of a collection up to date; false while there is none. Raises OSError.

    The file is replaced whole, and only if anything in it is new.
    """
    try:
        card = store.stats().card
    except StoreMissing:
        return False
    assert card is not None
    before, groups = _before(path, card), _grouped(store, coloured=PALETTE in card.widths)
    versions = {(*group, works.digest.hexdigest()) for group, works in groups.items()}
    if before is None or {label[:3] for label in before.labels} != versions:
        write(path, _renewed(store, card, before, groups))
    return True


def _before(path: Path, card: ModelCard) -> Rows | None:
    """Return what is known already, None if it is of another model or width."""
    rows = read_rows(path)
    if rows is None or rows.model != model_name(card):
        return None
    return rows if (rows.middles.shape[1], rows.colours.shape[1]) == _widths(card) else None


def _grouped(store: ArtworkStore, *, coloured: bool) -> dict[Group, _Works]:
    """Return all works by artist and movement, in the order of their ids; no vector is read."""
    groups = defaultdict[Group, _Works](_Works)
    for batch in store.scan():
        marks = store.marks([work.id for work in batch]) if coloured else {}
        for work in batch:
            groups[work.artist_slug, work.movement].add(work.id, work.crop, marks.get(work.id))
    return groups


def _renewed(store: ArtworkStore, card: ModelCard, before: Rows | None, groups: Mapping[Group, _Works]) -> Rows:
    """Return a row for each group: the one before where it has the same works, else made of their vectors."""
    known = {label[:3]: row for row, label in enumerate(before.labels)} if before else {}
    content, palette = (np.zeros((len(groups), width), np.float32) for width in _widths(card))
    rows = Rows(model_name(card), [], content, palette)
    for row, (group, works) in enumerate(groups.items()):
        version = works.digest.hexdigest()
        same = known.get((*group, version))
        if before and same is not None:
            rows.labels.append(before.labels[same])
            rows.middles[row], rows.colours[row] = before.middles[same], before.colours[same]
        else:
            count, rows.middles[row] = _mean(store, works.ids, CONTENT, unit_rows)
            coloured, rows.colours[row] = _mean(store, works.coloured, PALETTE, np.square)
            rows.labels.append(Label(*group, version, count, coloured))
    return rows


def _widths(card: ModelCard) -> tuple[int, int]:
    return card.widths[CONTENT], card.widths.get(PALETTE, 0)


def _mean(store: ArtworkStore, ids: Sequence[str], lens: str, made: Callable[[Vector], Vector]) -> tuple[int, Vector]:
    """Return of how many works there are vectors still, and the mean of what is made of these."""
    count, total = 0, np.zeros(1, np.float64)
    for start in range(0, len(ids), _BATCH):
        vectors = _there(store, ids[start : start + _BATCH], lens)
        count, total = count + len(vectors), total + made(vectors).sum(axis=0)
    return count, (total / max(count, 1)).astype(np.float32)


def _there(store: ArtworkStore, ids: Sequence[str], lens: str) -> Vector:
    """Return the vectors of those of the works that have them still: others may remove or replace some meanwhile."""
    while True:
        try:
            return store.vectors(ids, lens=lens)
        except (UnknownArtwork, NoVector) as error:
            ids = [each for each in ids if each != error.artwork_id]
