"""The graph brought up to what the collection holds: only works that are new are asked for their neighbours."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from indexer.errors import UnknownArtwork
from indexer.graph.bridges import bridges, islands
from indexer.graph.file import NEIGHBOURS, NO_YEAR, NOBODY, RECORD, Records, halves
from indexer.likeness import unit_vectors
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Filters, Vector

AFRESH = 0.3
"""Share of works that came or went since, from which on all are asked anew: old works' neighbours are then others."""

FEWEST = 10
"""Neighbours below which a work is asked anew, for the others have gone."""

Told = Callable[[int, int], None]


def renew(
    store: ArtworkStore,
    before: Records | None,
    *,
    stopped: Callable[[], bool] = lambda: False,
    told: Told = lambda done, total: None,
) -> Records | None:
    """Return the graph of all works, begun from the one before; None if it was stopped. Raises `StoreError`."""
    works = [work for batch in store.scan() for work in batch]
    records = _blank(works)
    place = {work.id: row for row, work in enumerate(works)}
    new = _carry_over(records, before)
    for done, row in enumerate(new):
        if stopped():
            return None
        # It may have been removed meanwhile: the next run leaves it out.
        with suppress(UnknownArtwork):
            _ask(store, records, works[row].id, row, place)
        told(done + 1, len(new))
    _join(store, records, works)
    return records


def _blank(works: Sequence[Artwork]) -> Records:
    records = np.zeros(len(works), dtype=RECORD)
    ids = np.array([halves(work.id) for work in works], dtype=np.uint64).reshape(-1, 2)
    records["high"], records["low"] = ids[:, 0], ids[:, 1]
    records["year"] = [NO_YEAR if work.year is None else np.clip(work.year, -9999, 9999) for work in works]
    records["near"], records["far"] = NOBODY, 0
    return records


def _carry_over(records: Records, before: Records | None) -> list[int]:
    """Fill in what is known already, and return the rows of works that have to be asked for."""
    everybody = list(range(len(records)))
    if before is None or not len(before):
        return everybody
    now = _rows_of(before, records)
    there = now >= 0
    changed = (len(records) - there.sum()) + (len(before) - there.sum())
    if changed > AFRESH * len(records):
        return everybody
    near = np.array(before["near"][there])
    # A bridge stands last; bridges are built anew each time.
    near[:, NEIGHBOURS] = NOBODY
    known = (near >= 0) & (near < len(before))
    moved = np.where(known, now[np.where(known, near, 0)], NOBODY)
    records["near"][now[there]] = moved
    records["far"][now[there]] = np.where(moved >= 0, before["far"][there], 0)
    complete = np.zeros(len(records), dtype=bool)
    complete[now[there]] = (moved >= 0).sum(axis=1) >= min(FEWEST, len(records) - 1)
    return [int(row) for row in np.flatnonzero(~complete)]


def _rows_of(before: Records, records: Records) -> NDArray[np.intp]:
    """Return for each record of the graph before where its work stands now, -1 if it is gone."""
    at = np.searchsorted(records["high"].copy(), before["high"].copy())
    inside = np.minimum(at, len(records) - 1)
    same = (records["high"][inside] == before["high"]) & (records["low"][inside] == before["low"])
    return np.where(same, inside, NOBODY)


def _ask(store: ArtworkStore, records: Records, work: str, row: int, place: dict[str, int]) -> None:
    found = store.similar(work, Filters(), size=NEIGHBOURS).found
    known = [(place[each.artwork.id], 1.0 - each.score) for each in found if each.artwork.id in place]
    records["near"][row, :], records["far"][row, :] = NOBODY, 0
    for slot, (other, distance) in enumerate(known):
        records["near"][row, slot], records["far"][row, slot] = other, max(0.0, distance)


def _join(store: ArtworkStore, records: Records, works: Sequence[Artwork]) -> None:
    def vectors_of(rows: Sequence[int]) -> Vector:
        return unit_vectors(store, [works[row].id for row in rows])

    heads, slots = np.nonzero(records["near"] >= 0)
    labels = islands(len(records), heads, records["near"][heads, slots].astype(np.intp))
    for row, other, cosine in bridges(labels, vectors_of):
        records["near"][row, NEIGHBOURS], records["far"][row, NEIGHBOURS] = other, max(0.0, 1.0 - cosine)
