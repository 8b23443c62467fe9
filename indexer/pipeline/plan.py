"""What has to be done so that collection and thumbnails are what the library says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from indexer.catalogue import facts_of
from indexer.lenses.keeping import Lenses
from indexer.store import ArtworkStore
from indexer.store.model import artwork_id
from indexer.thumbnails import missing_sizes, sizes_for
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.model import ArtworkRecord, Picture
from scraper.withdrawn import Withdrawal, Withdrawn

_CHUNK = 500

Amended = Mapping[str, Mapping[str, Any]]
"""Payload fields of works, by sha256, that are other than the library says."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a picture has to be decoded for: vectors, thumbnails of these sizes, features alone, or several of these."""

    sha256: str
    vectors: bool
    sizes: tuple[int, ...]
    features: bool = False

    @property
    def pixels(self) -> bool:
        """Whether the network has to see it."""
        return self.vectors or self.features


@dataclass(slots=True)
class Plan:
    """Pictures to decode, and facts to write (id -> payload fields) of those whose record alone has changed.

    `unfilled` counts works whose vectors in other lenses than the first can be made without decoding.
    `again` are works that are shown and made anew, because another part of their picture is to be shown from now on.
    `withdrawn` are those of the library that must not be shown, by sha256; they are not among the `known`.
    """

    known: int = 0
    needs: list[Need] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    stored: int = 0
    damaged: list[DamagedRecord] = field(default_factory=list)
    withdrawn: dict[str, Withdrawal] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    unfilled: int = 0

    @property
    def to_embed(self) -> int:
        """How many pictures the network has to see."""
        return sum(need.pixels for need in self.needs)


def need_of(
    record: ArtworkRecord, stored: int | None, sizes: tuple[int, ...], *, features: bool = False
) -> Need | None:
    """Return what a picture has to be decoded for; `stored` is the revision its point was made from, if it has one.

    `features` tells that it lacks those that lenses are made of, and is to have them.
    """
    if stored is not None and not sizes and not features:
        return None
    return Need(record.picture.sha256, stored is None, sizes, features and stored is not None)


def make_plan(
    library: Library,
    store: ArtworkStore,
    thumbnails: Path,
    seen: Callable[[int], None],
    *,
    withdrawn: Withdrawn,
    amended: Amended,
    lenses: Lenses | None = None,
    upgrade: bool = False,
) -> Plan:
    """Compare every record with its point and thumbnails; `seen` is told how many have been.

    With `upgrade`, works that were embedded before there were lenses are to be seen by the network again, after
    those that it has not seen at all.
    """
    plan, later = Plan(), list[Need]()
    records = _shown(library, plan, withdrawn, amended)
    while chunk := list(islice(records, _CHUNK)):
        ids = [artwork_id(record.picture.sha256) for record in chunk]
        revisions = store.revisions(ids)
        marks = store.marks(ids) if lenses is not None else {}
        plan.again |= _cropped_anew(chunk, store, amended)
        for record in chunk:
            picture, point = record.picture, artwork_id(record.picture.sha256)
            stored = None if picture.sha256 in plan.again else revisions.get(point)
            part = size_of(picture, amended)
            sizes = (
                sizes_for(*part) if picture.sha256 in plan.again else missing_sizes(thumbnails, picture.sha256, *part)
            )
            lacks = lenses is not None and stored is not None and not lenses.shelf.has(picture.sha256)
            if need := need_of(record, stored, sizes, features=lacks and upgrade):
                (later if need.features else plan.needs).append(need)
            if lenses is not None and stored is not None and not lacks and lenses.unmarked(marks.get(point)):
                plan.unfilled += 1
            if stored is not None and stored != record.revision:
                plan.facts[point] = {**facts_of(record), **amended.get(picture.sha256, {})}
        plan.known += len(chunk)
        plan.stored += len(revisions)
        seen(plan.known)
    plan.needs += later
    return plan


def size_of(picture: Picture, amended: Amended) -> tuple[int, int]:
    """Return width and height in pixels of what is shown of a picture."""
    other = amended.get(picture.sha256, {})
    return other.get("width", picture.width), other.get("height", picture.height)


def _cropped_anew(records: Sequence[ArtworkRecord], store: ArtworkStore, amended: Amended) -> set[str]:
    """Return the works that are stored as another part of their picture than is to be shown."""
    wanted = {
        artwork_id(sha256): amended[sha256]["crop"]
        for sha256 in (record.picture.sha256 for record in records)
        if "crop" in amended.get(sha256, {})
    }
    stored = store.get_many(list(wanted)) if wanted else {}
    return {work.sha256 for point, work in stored.items() if work.crop != wanted[point]}


def _shown(library: Library, plan: Plan, withdrawn: Withdrawn, amended: Amended) -> Iterator[ArtworkRecord]:
    for record in library.records(plan.damaged.append):
        if held := withdrawn.hides(record, amended.get(record.picture.sha256, {}).get("artist_slug")):
            plan.withdrawn[record.picture.sha256] = held
        else:
            yield record


def gone_from(library: Library, store: ArtworkStore, plan: Plan) -> Iterator[Sequence[str]]:
    """Yield hashes of works in the collection that are withdrawn or no longer in the library, in batches.

    A record that is there but damaged keeps its work.
    """
    if store.stats().artworks == plan.stored:
        return
    for batch in store.scan():
        gone = [
            work.sha256
            for work in batch
            if work.sha256 in plan.withdrawn or not library.record_path(work.sha256).exists()
        ]
        if gone:
            yield gone
