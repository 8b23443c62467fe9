"""What has to be done so that collection and thumbnails are what the library says."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from indexer.catalogue import facts_of
from indexer.store import ArtworkStore
from indexer.store.model import artwork_id
from indexer.thumbnails import missing_sizes
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.model import ArtworkRecord

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Need:
    """What a picture has to be decoded for: vectors, thumbnails of these sizes, or both."""

    sha256: str
    vectors: bool
    sizes: tuple[int, ...]


@dataclass(slots=True)
class Plan:
    """Pictures to decode, and facts to write (id -> payload fields) of those whose record alone has changed."""

    known: int = 0
    needs: list[Need] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    stored: int = 0
    damaged: list[DamagedRecord] = field(default_factory=list)

    @property
    def to_embed(self) -> int:
        """How many pictures need vectors."""
        return sum(need.vectors for need in self.needs)


def need_of(record: ArtworkRecord, stored: int | None, sizes: tuple[int, ...]) -> Need | None:
    """Return what a picture has to be decoded for; `stored` is the revision its point was made from, if it has one."""
    if stored is not None and not sizes:
        return None
    return Need(record.picture.sha256, stored is None, sizes)


def make_plan(library: Library, store: ArtworkStore, thumbnails: Path, seen: Callable[[int], None]) -> Plan:
    """Compare every record with its point and thumbnails; `seen` is told how many have been."""
    plan = Plan()
    records = library.records(plan.damaged.append)
    while chunk := list(islice(records, _CHUNK)):
        revisions = store.revisions([artwork_id(record.picture.sha256) for record in chunk])
        for record in chunk:
            picture, point = record.picture, artwork_id(record.picture.sha256)
            stored = revisions.get(point)
            sizes = missing_sizes(thumbnails, picture.sha256, picture.width, picture.height)
            if need := need_of(record, stored, sizes):
                plan.needs.append(need)
            if stored is not None and stored != record.revision:
                plan.facts[point] = facts_of(record)
        plan.known += len(chunk)
        plan.stored += len(revisions)
        seen(plan.known)
    return plan


def gone_from(library: Library, store: ArtworkStore, plan: Plan) -> Iterator[Sequence[str]]:
    """Yield hashes of works in the collection whose record is no longer in the library, in batches.

    A record that is there but damaged keeps its work.
    """
    if store.stats().artworks == plan.stored:
        return
    for batch in store.scan():
        gone = [work.sha256 for work in batch if not library.record_path(work.sha256).exists()]
        if gone:
            yield gone
