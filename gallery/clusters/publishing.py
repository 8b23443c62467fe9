"""What pages show of clusters: cards made from the last run as curators want it, and each work's cluster."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gallery.clusters.cards import cards_of
from gallery.clusters.scope import WHOLE, Scope
from gallery.db import Database, Session
from gallery.models.clusters import ClusterCard, decisions, last_run, notes, replace_cards, scopes
from indexer.clustering.curation import curate
from indexer.clustering.decisions import Decision, from_dict
from indexer.clustering.runs import Lookup, Run, forget
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Vector

_AT_ONCE = 500

StoreRun = Callable[[Session], int]
"""Writes what belongs to the run within the publishing transaction, and returns the run's id."""


@dataclass(frozen=True, slots=True)
class Collected:
    """All artworks of a scope, and their ids in the same order."""

    scope: Scope
    works: Sequence[Artwork]
    ids: Sequence[str]

    @classmethod
    def of(cls, store: ArtworkStore, scope: Scope) -> "Collected":
        """Read them from the store."""
        works = [work for batch in store.scan() for work in batch if scope.takes(work)]
        return cls(scope, works, [work.id for work in works])

    def without(self, gone: Iterable[str]) -> "Collected":
        """Return the same without some works."""
        left = set(gone)
        works = [work for work in self.works if work.id not in left]
        return Collected(self.scope, works, [work.id for work in works])


def standing_decisions(database: Database, scope: Scope) -> list[Decision]:
    """Return what curators decided about a scope's clusters and did not undo, oldest first."""
    with database.reading() as session:
        rows = decisions(session, scope.key)
    return [from_dict(row.decision) for row in rows if row.decision["kind"] != "note"]


def lookup_in(store: ArtworkStore, scope: Scope) -> Lookup:
    """Return what fetches vectors of the scope's lens."""

    def lookup(works: Sequence[str]) -> Vector:
        return store.vectors(works, lens=scope.lens)

    return lookup


def still_there(store: ArtworkStore, run: Run, collected: Collected) -> tuple[Run, Collected]:
    """Return both without the works that have been removed since they were read, or are of the scope no more."""
    gone = set(store.missing(collected.ids)) | (run.members.keys() - set(collected.ids))
    if not gone:
        return run, collected
    return forget(run, gone, lookup_in(store, collected.scope)), collected.without(gone)


def publish(
    database: Database, store: ArtworkStore, run: Run, collected: Collected, vectors: Vector, store_run: StoreRun
) -> None:
    """Show a run as curators want it: cards and record in one transaction, then the payloads that differ.

    `vectors` are those of all works that were read, in the order of `collected` before any was found gone. A
    write of payloads that is lost is made up for by the next publishing.
    """
    scope, lookup = collected.scope, _lookup(collected, vectors, store)
    curated = curate(run, standing_decisions(database, scope), lookup).run
    with database.reading() as session:
        covers = {cluster: note.cover for cluster, note in notes(session).items() if note.cover}
    made = cards_of(curated, collected.works, lookup, covers, with_members=not scope.is_whole)
    with database.writing() as session:
        run_id = store_run(session)
        replace_cards(session, scope.key, [ClusterCard(run_id=run_id, scope=scope.key, **card) for card in made])
    if scope.is_whole:
        _write_payloads(store, curated, collected)


def republish(database: Database, store: ArtworkStore, scope: Scope = WHOLE) -> None:
    """Show a scope's last run anew, after a decision or a removal."""
    with database.reading() as session:
        row = last_run(session, scope.key)
    if row is None or row.result is None:
        return
    collected = Collected.of(store, scope)
    run, collected = still_there(store, Run.from_dict(row.result), collected)
    if not scope.is_whole:
        # One that came since may have no vector in this lens yet, and matters to no card.
        collected = collected.without(set(collected.ids) - run.members.keys())
    vectors = store.vectors(collected.ids, lens=scope.lens)
    publish(database, store, run, collected, vectors, lambda session: row.id)


def all_scopes(database: Database) -> list[Scope]:
    """Return what has been clustered, the whole collection first."""
    with database.reading() as session:
        return [Scope.of(key) for key in scopes(session)]


def curated_run(database: Database, store: ArtworkStore, scope: Scope = WHOLE) -> Run | None:
    """Return a scope's last run as curators want it now, None before the first."""
    with database.reading() as session:
        row = last_run(session, scope.key)
    if row is None or row.result is None:
        return None
    lookup = lookup_in(store, scope)
    return curate(Run.from_dict(row.result), standing_decisions(database, scope), lookup).run


def mend(store: ArtworkStore, run: Run, collected: Collected) -> None:
    """Write the payloads that say another cluster than a run does, as a process that was killed leaves them."""
    if collected.scope.is_whole:
        _write_payloads(store, run, collected)


def _lookup(collected: Collected, vectors: Vector, store: ArtworkStore) -> Lookup:
    place = {work: row for row, work in enumerate(collected.ids)} if len(collected.ids) == len(vectors) else {}
    fetch = lookup_in(store, collected.scope)

    def lookup(works: Sequence[str]) -> Vector:
        return vectors[[place[work] for work in works]] if place else fetch(works)

    return lookup


def _write_payloads(store: ArtworkStore, run: Run, collected: Collected) -> None:
    wanted = {work: str(cluster) for work, cluster in run.members.items()}
    changes = {
        work.id: {"cluster": wanted.get(work.id)} for work in collected.works if work.cluster != wanted.get(work.id)
    }
    ids = list(changes)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        # One may have been removed since the run looked.
        gone = set(store.missing(some))
        store.set_fields({work: changes[work] for work in some if work not in gone})
