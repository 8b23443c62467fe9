"""One run of clustering: what was decided before is respected, and pages change only once it is done."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from gallery.clusters.publishing import (
    Collected,
    all_scopes,
    curated_run,
    lookup_in,
    mend,
    publish,
    standing_decisions,
    still_there,
)
from gallery.clusters.scope import WHOLE, Scope
from gallery.db import Database, Session
from gallery.errors import ClusteringBusy
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.clusters import ClusterRun, begin_run, free_id, last_run, notes, run_by_id
from gallery.models.users import User
from indexer.clustering.choice import Choice, choose_k
from indexer.clustering.curation import curate, wishes
from indexer.clustering.decisions import Decision
from indexer.clustering.genealogy import Genealogy, compare
from indexer.clustering.recluster import recluster
from indexer.clustering.runs import Run, forget, join
from indexer.clustering.stability import stability
from indexer.clustering.watch import SILENT, Watch
from indexer.errors import ClusteringStopped, NothingToCluster, StoreError
from indexer.medoids import ENGINES
from indexer.store import ArtworkStore
from indexer.store.model import Vector

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run shall do; without `k` the number of clusters is chosen, `afresh` forgets the medoids of before."""

    reason: str
    k: int | None = None
    seed: int = 0
    engine: str = "numpy"
    scope: Scope = WHOLE
    afresh: bool = False


def cluster_collection(
    database: Database, store: ArtworkStore, asked: Asked, *, by: User | None = None, watch: Watch = SILENT
) -> ClusterRun:
    """Cluster the works of a scope, publish the clusters, and return the run's record.

    A run that fails or is stopped changes nothing that pages show. Raises `ClusteringBusy` while another
    goes on, `NothingToCluster`, `BadClusterCount`, `EngineMissing`, `ClusteringStopped` and `StoreError`.
    """
    scope = asked.scope
    row = ClusterRun(reason=asked.reason, asked_k=asked.k, engine=asked.engine, seed=asked.seed)
    row.scope, row.lens, row.user_id = scope.key, scope.lens, by.id if by else None
    with database.writing() as session:
        if not begin_run(session, row):
            raise ClusteringBusy
        record(session, by, "started clustering run", str(row.id), reason=asked.reason, k=asked.k, **scope.values())
    try:
        _work(database, store, asked, row.id, _Pulse(database, row.id, watch).watch())
    except BaseException as error:
        stopped = isinstance(error, ClusteringStopped | KeyboardInterrupt)
        _end(database, row.id, "stopped" if stopped else "failed", str(error) or type(error).__name__)
        raise
    with database.reading() as session:
        found = run_by_id(session, row.id)
    assert found is not None
    return found


def _work(database: Database, store: ArtworkStore, asked: Asked, run_id: int, watch: Watch) -> None:
    engine, scope = ENGINES[asked.engine](), asked.scope
    collected = Collected.of(store, scope)
    if not collected.ids:
        raise NothingToCluster(", ".join(f"the {name} {value}" for name, value in scope.values().items()))
    watch.step("reading vectors", 0.05)
    vectors = store.vectors(collected.ids, lens=scope.lens)
    with database.reading() as session:
        last, first = last_run(session, scope.key), free_id(session)
        named = {cluster for cluster, note in notes(session).items() if note.name}
    decided = standing_decisions(database, scope)
    before = Run.from_dict(last.result) if last and last.result else None
    choice = None if asked.k else choose_k(vectors, seed=asked.seed, watch=watch.part(0.1, 0.4))
    run = recluster(
        collected.ids,
        vectors,
        asked.k or (choice.k if choice else 1),
        engine=engine,
        seed=asked.seed,
        previous=before,
        wishes=wishes(decided, named),
        next_id=first,
        afresh=asked.afresh,
        watch=watch.part(0.4, 0.7),
    )
    firm = _stability(run, collected.ids, vectors, asked.seed, watch.part(0.7, 0.9))
    # Works may have been removed meanwhile: what is published must be there.
    run, collected = still_there(store, run, collected)
    changes = _changes(before, run, decided, collected, store)
    watch.step("publishing", 0.92)
    publish(database, store, run, collected, vectors, _Done(run_id, run, choice, firm, changes).store)


def _changes(
    before: Run | None, run: Run, decided: Sequence[Decision], collected: Collected, store: ArtworkStore
) -> Genealogy:
    """Return what happened since the run before, between both as curators want them; all is born in the first."""
    lookup = lookup_in(store, collected.scope)
    later = curate(run, decided, lookup).run
    if before is None:
        return compare({}, later.members)
    gone = before.members.keys() - set(collected.ids)
    left = forget(before, gone, lookup) if gone else before
    return compare(curate(left, decided, lookup).run.members, later.members)


@dataclass(frozen=True, slots=True)
class _Done:
    """What is written of a finished run, in the transaction that shows its clusters."""

    run_id: int
    run: Run
    choice: Choice | None
    firm: dict[str, float | None]
    changes: Genealogy

    def store(self, session: Session) -> int:
        """Write it and return the run's id."""
        row = run_by_id(session, self.run_id)
        assert row is not None
        row.state, row.finished_at = "done", now()
        row.works, row.clusters = len(self.run.members), len(self.run.clusters)
        row.loss, row.silhouette = self.run.loss, self.run.silhouette
        row.curve = [asdict(trial) for trial in self.choice.curve] if self.choice else None
        row.result, row.stability = self.run.to_dict(), dict(self.firm)
        row.changes, row.next_id = asdict(self.changes), self.run.next_id
        record(session, None, "finished clustering run", str(row.id), works=row.works, clusters=row.clusters)
        return row.id


def _stability(run: Run, ids: Sequence[str], vectors: Vector, seed: int, watch: Watch) -> dict[str, float | None]:
    place = {cluster.id: label for label, cluster in enumerate(run.clusters)}
    rows = [row for row, work in enumerate(ids) if work in run.members]
    labels = np.array([place[run.members[ids[row]]] for row in rows], dtype=np.intp)
    firm = stability(vectors[rows], labels, seed=seed, watch=watch)
    return {str(cluster): firm[label] for cluster, label in place.items()}


def join_new(database: Database, store: ArtworkStore) -> int:
    """Put works that came in since the last runs into their nearest clusters; return how many the collection has.

    Where works have no vector yet in the lens of other clusters, they join those later.
    """
    joined = 0
    for scope in all_scopes(database):
        if scope.is_whole:
            joined = _join(database, store, scope)
            continue
        try:
            _join(database, store, scope)
        except StoreError as error:
            log.warning("clusters of %s stay as they are: %s", scope.key, error)
    return joined


def _join(database: Database, store: ArtworkStore, scope: Scope) -> int:
    with database.reading() as session:
        row = last_run(session, scope.key)
    if row is None or row.result is None:
        return 0
    run, collected = Run.from_dict(row.result), Collected.of(store, scope)
    new = [work for work in collected.ids if work not in run.members]
    gone = run.members.keys() - set(collected.ids)
    if not new and not gone:
        if (curated := curated_run(database, store, scope)) is not None:
            mend(store, curated, collected)
        return 0
    vectors = store.vectors(collected.ids, lens=scope.lens)
    run, collected = still_there(store, run, collected)
    place = {work: number for number, work in enumerate(collected.ids)}
    new = [work for work in new if work in place]
    if new and run.clusters:
        run = join(run, new, vectors[[place[work] for work in new]], lookup_in(store, scope))
    publish(database, store, run, collected, vectors, _Joined(row.id, run).store)
    return len(new)


@dataclass(frozen=True, slots=True)
class _Joined:
    """What is written when works joined a finished run."""

    run_id: int
    run: Run

    def store(self, session: Session) -> int:
        """Write it and return the run's id."""
        row = run_by_id(session, self.run_id)
        assert row is not None
        # `works` stays what the run itself saw: the difference is how many have come since.
        row.result = self.run.to_dict()
        return row.id


def _end(database: Database, run_id: int, state: str, message: str) -> None:
    with database.writing() as session:
        row = run_by_id(session, run_id)
        if row is not None and row.state == "running":
            row.state, row.finished_at, row.message = ("stopped" if state == "stopped" else "failed"), now(), message
            record(session, None, f"clustering run {state}", str(run_id), why=message)


class _Pulse:
    """Lets the record of a run show that its process lives, while passing on what is told."""

    def __init__(self, database: Database, run_id: int, watch: Watch) -> None:
        self._database, self._run_id, self._watch = database, run_id, watch
        self._next = time.monotonic() + _HEARTBEAT_SECONDS

    def watch(self) -> Watch:
        """Return the watch to give to the work."""
        return Watch(self._progress, self._watch.stopped)

    def _progress(self, what: str, share: float) -> None:
        self._watch.progress(what, share)
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _HEARTBEAT_SECONDS
        with self._database.writing() as session:
            row = run_by_id(session, self._run_id)
            if row is not None:
                row.heartbeat_at = now()
