"""What curators say and decide about clusters: stored with its entry in the audit log, then shown."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gallery.clusters.publishing import curated_run, republish
from gallery.db import Database
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.clusters import LONGEST_NAME, ClusterDecision, add_decision, decision_by_id, note_of
from gallery.models.users import User
from indexer.clustering import decisions as making
from indexer.clustering.decisions import Decision, to_dict
from indexer.clustering.runs import Run
from indexer.errors import BadDecision
from indexer.medoids import FasterPam
from indexer.store import ArtworkStore

LONGEST_DESCRIPTION = 2000

Make = Callable[[Run], Sequence[Decision]]


def describe(database: Database, cluster: int, by: User, *, name: str, description: str, theme: bool) -> None:
    """Give a cluster its name and description, and say whether it is a theme; an empty name takes it away."""
    name, description = " ".join(name.split()), description.strip()
    if len(name) > LONGEST_NAME or len(description) > LONGEST_DESCRIPTION:
        limits = f"{LONGEST_NAME} characters for the name, {LONGEST_DESCRIPTION:,} for the description"
        raise BadDecision("the text is too long", f"At most {limits}.")
    with database.writing() as session:
        note = note_of(session, cluster)
        before = note.name
        note.name, note.description, note.theme = name or None, description or None, theme
        record(
            session, by, "described cluster", name or f"cluster {cluster}", cluster=cluster, before=before, theme=theme
        )


def choose_cover(database: Database, store: ArtworkStore, cluster: int, work: str, by: User) -> None:
    """Let one of its works stand for a cluster; raise `BadDecision` if it is in another."""
    artwork = store.get(work)
    if artwork.cluster != str(cluster):
        raise BadDecision("a cover must be one of the cluster's own works", "Choose another, or move it there first.")
    with database.writing() as session:
        note_of(session, cluster).cover = work
        record(session, by, "chose cover", artwork.title, cluster=cluster)


def pin(database: Database, store: ArtworkStore, cluster: int, by: User) -> None:
    """Keep a cluster as it is over all runs to come."""
    _decide(database, store, by, "pinned cluster", lambda run: [making.pin(run, cluster)])


def merge(database: Database, store: ArtworkStore, cluster: int, others: Sequence[int], by: User) -> None:
    """Let a cluster take in others."""
    _decide(database, store, by, "merged clusters", lambda run: [making.merge(run, cluster, others)])


def split(database: Database, store: ArtworkStore, cluster: int, into: int, by: User) -> None:
    """Make several clusters of one, as k-medoids finds them in it."""
    engine = FasterPam()
    making_it = partial(making.split, cluster=cluster, lookup=store.vectors, engine=engine, into=into)
    _decide(database, store, by, "split cluster", lambda run: [making_it(run)])


def move(database: Database, store: ArtworkStore, works: Sequence[str], cluster: int, by: User) -> None:
    """Put works into a cluster."""
    _decide(database, store, by, "moved works", lambda run: [making.move(run, work, cluster) for work in works])


def exclude(database: Database, store: ArtworkStore, works: Sequence[str], by: User) -> None:
    """Take works out of all clusters."""
    _decide(database, store, by, "excluded works from clusters", lambda run: [making.exclude(run, w) for w in works])


def undo(database: Database, store: ArtworkStore, decision_id: int, by: User) -> None:
    """Take a decision back, whatever came after it; raise `BadDecision` if there is none that stands."""
    with database.writing() as session:
        found = decision_by_id(session, decision_id)
        if found is None or found.undone_at is not None:
            raise BadDecision("there is no such decision to undo", "Reload the page: somebody may have undone it.")
        found.undone_at = now()
        record(session, by, "undid decision", str(found.id), **found.decision)
    republish(database, store)


def _decide(database: Database, store: ArtworkStore, by: User, action: str, make: Make) -> None:
    run = curated_run(database, store)
    if run is None:
        raise BadDecision("there are no clusters yet", "Make some first: gallery cluster.")
    made = [to_dict(decision) for decision in make(run)]
    if not made:
        raise BadDecision("no work was chosen", "Tick the works that are meant.")
    with database.writing() as session:
        for decision in made:
            add_decision(session, ClusterDecision(decision=decision, user_id=by.id))
        detail = made[0] if len(made) == 1 else {"decisions": made}
        record(session, by, action, _subject(made[0]), **detail)
    republish(database, store)


def _subject(decision: dict[str, Any]) -> str:
    return f"cluster {decision['cluster']}" if "cluster" in decision else str(decision["work"])
