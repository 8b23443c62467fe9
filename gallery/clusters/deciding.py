"""What curators decide about clusters: stored with its entry in the audit log, then shown; undone the same way."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from gallery.clusters.noting import say_again
from gallery.clusters.publishing import curated_run, lookup_in, republish
from gallery.clusters.reading import scope_of
from gallery.clusters.scope import Scope
from gallery.db import Database, Session
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.clusters import ClusterDecision, add_decision, decision_by_id, reserve_ids, running_run
from gallery.models.users import User
from indexer.clustering import decisions as making
from indexer.clustering.decisions import Decision, Split, to_dict
from indexer.clustering.runs import Run
from indexer.errors import BadDecision
from indexer.medoids import FasterPam
from indexer.store import ArtworkStore

Make = Callable[[Run], Sequence[Decision]]


def pin(database: Database, store: ArtworkStore, cluster: int, by: User) -> None:
    """Keep a cluster as it is over all runs to come."""
    _decide(database, store, by, cluster, "pinned cluster", lambda run: [making.pin(run, cluster)])


def merge(database: Database, store: ArtworkStore, cluster: int, others: Sequence[int], by: User) -> None:
    """Let a cluster take in others."""
    _decide(database, store, by, cluster, "merged clusters", lambda run: [making.merge(run, cluster, others)])


def split(database: Database, store: ArtworkStore, cluster: int, into: int, by: User) -> None:
    """Make several clusters of one, as k-medoids finds them in it."""
    lookup = lookup_in(store, _scope(database, cluster))
    making_it = partial(making.split, cluster=cluster, lookup=lookup, engine=FasterPam(), into=into)
    _decide(database, store, by, cluster, "split cluster", lambda run: [making_it(run)])


def move(
    database: Database, store: ArtworkStore, works: Sequence[str], to: int, by: User, *, seen_on: int | None = None
) -> None:
    """Put works into the cluster `to`, from wherever they are; the curator saw them on the page of `seen_on`."""
    _decide(database, store, by, seen_on or to, "moved works", lambda run: [making.move(run, w, to) for w in works])


def exclude(database: Database, store: ArtworkStore, works: Sequence[str], cluster: int, by: User) -> None:
    """Take works out of all clusters of the runs that `cluster` is one of."""
    _decide(
        database,
        store,
        by,
        cluster,
        "excluded works from clusters",
        lambda run: [making.exclude(run, work) for work in works],
    )


def undo(database: Database, store: ArtworkStore, decision_id: int, by: User) -> ClusterDecision:
    """Take a decision back, whatever came after it, and return it; raise `BadDecision` if there is none that stands."""
    with database.writing() as session:
        found = decision_by_id(session, decision_id)
        if found is None or found.undone_at is not None:
            raise BadDecision("there is no such decision to undo", "Reload the page: somebody may have undone it.")
        found.undone_at = now()
        session.flush()
        if found.decision["kind"] == "note":
            say_again(session, found)
        record(session, by, "undid decision", str(found.id), **found.decision)
    if found.decision["kind"] != "note" or "cover" in found.decision["after"]:
        republish(database, store, Scope.of(found.scope))
    return found


def _scope(database: Database, cluster: int) -> Scope:
    with database.reading() as session:
        return Scope.of(scope_of(session, cluster))


def _decide(database: Database, store: ArtworkStore, by: User, cluster: int, action: str, make: Make) -> None:
    scope = _scope(database, cluster)
    run = curated_run(database, store, scope)
    if run is None:
        raise BadDecision("there are no clusters yet", "Make some first: gallery cluster.")
    made = make(run)
    if not made:
        raise BadDecision("no work was chosen", "Tick the works that are meant.")
    with database.writing() as session:
        kept = [to_dict(_numbered(session, decision)) for decision in made]
        for values in kept:
            add_decision(session, ClusterDecision(scope=scope.key, decision=values, made_on=cluster, user_id=by.id))
        detail = kept[0] if len(kept) == 1 else {"decisions": kept}
        record(session, by, action, _subject(kept[0]), **detail)
    republish(database, store, scope)


def _numbered(session: Session, decision: Decision) -> Decision:
    """Return a split with ids for its new parts that no cluster of any scope ever had."""
    if not isinstance(decision, Split):
        return decision
    if running_run(session) is not None:
        # It may be giving the same ids.
        raise BadDecision("clusters are being made anew just now", "Split it once that run has finished.")
    first, *others = decision.parts
    free = reserve_ids(session, len(others))
    return Split(decision.cluster, (first, *(replace(part, id=free + at) for at, part in enumerate(others))))


def _subject(decision: dict[str, Any]) -> str:
    return f"cluster {decision['cluster']}" if "cluster" in decision else str(decision["work"])
