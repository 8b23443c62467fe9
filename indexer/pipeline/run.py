"""Bring collection and thumbnails up to what the library says."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from indexer.catalogue import artwork_of
from indexer.encoder import Model
from indexer.errors import NothingToIndex
from indexer.lenses.features import Shelf
from indexer.lenses.keeping import Lenses
from indexer.pipeline.decoders import Decoders, Result
from indexer.pipeline.embedding import Embedding
from indexer.pipeline.outcome import (
    Failure,
    Hold,
    IndexOutcome,
    Measuring,
    Stage,
    Standing,
    Watch,
    holding_none,
    unwatched,
)
from indexer.pipeline.picture import Made, Task
from indexer.pipeline.plan import Amended, Need, Plan, gone_from, make_plan, size_of
from indexer.pipeline.process import NotMade
from indexer.quality.measuring import Measures, size_measured
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Vector, artwork_id
from indexer.thumbnails import remove_pieces, remove_thumbnails, sweep
from scraper.clearing import clear
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.model import ArtworkRecord
from scraper.withdrawn import REFUSED, Withdrawn, WithdrawnFile

_MOST_DECODERS = 8
_AHEAD = 128


def index(
    library: Library,
    store: ArtworkStore,
    model: Model,
    thumbnails: Path,
    *,
    max_pixels: int,
    batch_size: int = 0,
    decoders: int = 0,
    amended: Amended = MappingProxyType({}),
    stopped: Callable[[], bool] = lambda: False,
    watch: Watch = unwatched,
    statistics: Path | None = None,
    upgrade: bool = False,
    hold: Hold = holding_none,
    measuring: Measuring | None = None,
) -> IndexOutcome:
    """Embed what is new, write newer facts, make absent thumbnails, remove what the library no longer holds or shows.

    `statistics` is the folder of those that make the other lenses than `content`; without it there are none.
    With `upgrade`, works from before there were lenses get them too.

    `amended` are payload fields, by sha256, that are other than the library says: what people have corrected.
    `hold` says which new works are not to be shown. With `measuring`, pictures that get thumbnails are measured
    where that has not been done, and a new work is stored once its measures are noted.
    Pictures that cannot be used are listed in the outcome. When it ends early, by `stopped` or by an
    error, what was done is stored, and the next run does the rest. Zero means as the machine likes it.
    Raises `NothingToIndex`, `WrongModel`, `DerivedError` and what store and network raise.
    """
    if not _holds_any(library):
        raise NothingToIndex(library.root)
    store.prepare(model.card)
    sweep(thumbnails)
    file = WithdrawnFile(library)
    withdrawn = file.now()
    lenses = None
    if statistics is not None and model.observes:
        lenses = Lenses(store, Shelf(thumbnails, model.card.weights_sha256[:12]), statistics)
    plan = make_plan(
        library,
        store,
        thumbnails,
        lambda done: watch(Standing("reading the library", done, None)),
        withdrawn=withdrawn,
        amended=amended,
        lenses=lenses,
        upgrade=upgrade,
    )
    watch(Standing("reading the library", plan.known, plan.known))
    run = _Run(library, store, thumbnails, plan, amended, file, stopped, watch, lenses, hold, measuring)
    run.refresh()
    run.remove()
    run.decode(model, max_pixels, batch_size, decoders or min(cores(), _MOST_DECODERS))
    if file.now() is not withdrawn:
        run.remove_what_was_withdrawn_meanwhile(file.now())
    run.fill()
    return run.outcome


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _holds_any(library: Library) -> bool:
    damaged: list[DamagedRecord] = []
    return next(library.records(damaged.append), None) is not None or bool(damaged)


class _Run:
    """One run of the pipeline with its sums."""

    def __init__(
        self,
        library: Library,
        store: ArtworkStore,
        thumbnails: Path,
        plan: Plan,
        amended: Amended,
        withdrawn: WithdrawnFile,
        stopped: Callable[[], bool],
        watch: Watch,
        lenses: Lenses | None = None,
        hold: Hold = holding_none,
        measuring: Measuring | None = None,
    ) -> None:
        self._hold, self._measuring = hold, measuring
        self._measures: dict[str, Measures] = {}
        self._lenses, self._again = lenses, {need.sha256 for need in plan.needs if need.features}
        self._amended, self._withdrawn = amended, withdrawn
        self._library, self._store, self._thumbnails, self._plan = library, store, thumbnails, plan
        self._stopped, self._watch = stopped, watch
        self._stage: Stage = "embedding" if plan.to_embed else "making thumbnails"
        self._under_way: dict[str, ArtworkRecord] = {}
        self.outcome = IndexOutcome(known=plan.known)
        self._settled = self._pictured = 0
        self._to_picture = sum(bool(need.sizes) for need in plan.needs)
        self._to_tag = sum(need.vectors for need in plan.needs)
        for damaged in plan.damaged:
            self._fail(damaged.path.stem, damaged.path, damaged.problem)

    def refresh(self) -> None:
        """Write the newer facts of records whose pictures are embedded already."""
        if self._plan.facts:
            self._store.set_fields(self._plan.facts)
        self.outcome.refreshed = len(self._plan.facts)

    def remove(self) -> None:
        """Remove works, and their thumbnails, that the library no longer holds or that must not be shown.

        What was taken down or deleted and is still in the library, say because a removal was killed, goes from there.
        """
        for sha256, held in self._plan.withdrawn.items():
            remove_thumbnails(self._thumbnails, sha256)
            if held.why in REFUSED:
                clear(self._library, sha256, held.why)
        for hashes in gone_from(self._library, self._store, self._plan):
            self._remove(hashes)

    def remove_what_was_withdrawn_meanwhile(self, withdrawn: Withdrawn) -> None:
        """Remove from the collection what somebody withdrew while it was being embedded."""
        for batch in self._store.scan():
            gone = [
                work.sha256 for work in batch if withdrawn.of(work.sha256) or withdrawn.hides_artist(work.artist_slug)
            ]
            if gone:
                self._remove(gone)

    def _remove(self, hashes: Sequence[str]) -> None:
        # In this order: a work that is still in the collection is found again by the next run.
        for sha256 in hashes:
            remove_thumbnails(self._thumbnails, sha256)
        self._store.delete([artwork_id(sha256) for sha256 in hashes])
        self.outcome.removed += len(hashes)

    def decode(self, model: Model, max_pixels: int, batch_size: int, processes: int) -> None:
        """Decode, embed and store what needs it."""
        needs = self._plan.needs
        if not needs:
            return
        self._show()
        with ExitStack() as stack:
            decoders = stack.enter_context(
                Decoders(
                    self._tasks(needs),
                    self._thumbnails,
                    processes=min(processes, len(needs)),
                    ahead=_AHEAD,
                    max_pixels=max_pixels,
                    stopped=self._stopped,
                )
            )
            # Loaded while the first pictures are decoded, and not at all when only thumbnails are absent.
            embedding = None
            if self._plan.to_embed:
                encoder = model.load()
                size = batch_size or encoder.batch
                embedding = stack.enter_context(
                    Embedding(encoder, self._store, size, self._embedded, self._lenses, self._held)
                )
            for result in decoders:
                self._take(result, embedding)
        self.outcome.stopped = self._stopped() and self._settled < len(needs)

    def _tasks(self, needs: list[Need]) -> Iterator[Task]:
        for need in needs:
            try:
                record = self._library.get(need.sha256)
            except DamagedRecord as damaged:
                self._fail(need.sha256, damaged.path, damaged.problem)
                continue
            if record is not None:
                self._under_way[need.sha256] = record
                picture, path = record.picture, self._library.picture_path(record.picture)
                crop = self._amended.get(need.sha256, {}).get("crop", ())
                part = size_of(picture, self._amended)
                measured = self._to_measure(need, part)
                yield Task(str(path), picture.sha256, *part, need.pixels, need.sizes, crop, measured)

    def _to_measure(self, need: Need, part: tuple[int, int]) -> bool:
        if self._measuring is None or need.sha256 in self._measuring.known:
            return False
        return size_measured(*part) in need.sizes

    def _take(self, result: Result, embedding: Embedding | None) -> None:
        task, made = result
        record = self._under_way.pop(task.sha256)
        if task.sizes and not isinstance(made, NotMade):
            self._pictured += 1
            self._show()
        if task.sha256 in self._plan.again:
            remove_pieces(self._thumbnails, task.sha256)
        if isinstance(made, NotMade):
            self._fail(task.sha256, Path(task.path), str(made))
            self._settle()
        elif self._withdrawn.now().hides(record, self._amended.get(task.sha256, {}).get("artist_slug")):
            # Withdrawn while it was being decoded, which may have made its thumbnails again.
            remove_thumbnails(self._thumbnails, task.sha256)
            self._settle()
        else:
            self._use(task, record, made, embedding)

    def _use(self, task: Task, record: ArtworkRecord, made: Made, embedding: Embedding | None) -> None:
        if made.measures is not None:
            self._measures[task.sha256] = made.measures
        if made.pixels is None or embedding is None:
            self._hand_over([task.sha256])
            self.outcome.pictured += 1
            self._settle()
        elif task.sha256 in self._again:
            self._hand_over([task.sha256])
            embedding.add(task.sha256, made.pixels)
        else:
            artwork = artwork_of(record, made.placeholder)
            embedding.add(replace(artwork, **self._amended.get(task.sha256, {})), made.pixels)

    def fill(self) -> None:
        """Give each work its vectors in the lenses beside the first, once all else is done."""
        if self._lenses is not None and not self._stopped():
            self._lenses.note(self._plan.unfilled)
            self.outcome.filled = self._lenses.settle(
                self._stopped, lambda done, total: self._watch(Standing("lenses", done, total))
            )
            self.outcome.stopped = self.outcome.stopped or self._stopped()

    def _embedded(self, count: int, again: int, held: int) -> None:
        self.outcome.embedded += count
        self.outcome.held += held
        self._settle(count + again + held)

    def _held(self, works: Sequence[Artwork], vectors: Mapping[str, Vector]) -> Collection[str]:
        # What is shown already, and is made anew as another part of its picture, is no news.
        rows = [row for row, work in enumerate(works) if work.sha256 not in self._plan.again]
        fresh = {lens: each[rows] for lens, each in vectors.items()}
        held = self._hold([works[row] for row in rows], fresh) if rows else ()
        # Before they are stored: a kill in between has the next run do both again.
        self._hand_over([work.sha256 for work in works if work.sha256 not in held])
        return held

    def _hand_over(self, works: Iterable[str]) -> None:
        measures = {sha256: self._measures.pop(sha256) for sha256 in works if sha256 in self._measures}
        if self._measuring is not None and measures:
            self._measuring.note(measures)

    def _fail(self, sha256: str, path: Path, reason: str) -> None:
        self.outcome.failures.append(Failure(sha256, str(path), reason))

    def _settle(self, count: int = 1) -> None:
        self._settled += count
        self._show()

    def _show(self) -> None:
        # Tags are read from the scores that come with the vectors, and stored with them.
        tags = (self.outcome.embedded, self._to_tag)
        self._watch(
            Standing(
                self._stage,
                self._settled,
                len(self._plan.needs),
                len(self.outcome.failures),
                {"thumbnails": (self._pictured, self._to_picture), "tags": tags},
            )
        )
