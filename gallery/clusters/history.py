"""The history of one cluster: what each run made of it, and what curators decided in between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gallery.clusters.scope import Scope
from gallery.db import Database, Session
from gallery.models.clusters import ClusterRun, card_of, changes_of_runs, decisions_about, scopes

_RUNS = 60

Flow = Mapping[str, int]
"""Another `cluster` and how many `works` are common to both."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one run made of a cluster.

    `kind` is as in `indexer.clustering.genealogy`; `size` counts works, 0 once it is no more. `came` are
    clusters that works came from, `went` those they went to; `joined` and `left` are works that changed sides
    by themselves, with the other cluster.
    """

    run: int
    at: datetime
    kind: str
    size: int
    came: Sequence[Flow]
    went: Sequence[Flow]
    joined: Sequence[tuple[str, int]]
    left: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of a cluster, oldest first; `decided` are kinds of decisions that stand, with their days."""

    scope: Scope
    chapters: Sequence[Chapter]
    decided: Sequence[tuple[str, datetime]]


def history_of(database: Database, cluster: int) -> History | None:
    """Return the history of a cluster, also of one that is no more; None if no run knew it."""
    with database.reading() as session:
        for scope in _places(session, cluster):
            runs = reversed(changes_of_runs(session, scope, _RUNS))
            chapters = [chapter for run in runs if (chapter := _chapter(run, cluster)) is not None]
            if chapters:
                about = decisions_about(session, scope, cluster)
                standing = [row for row in about if row.undone_at is None and row.decision["kind"] != "note"]
                return History(Scope.of(scope), chapters, [(row.decision["kind"], row.at) for row in standing])
    return None


def _places(session: Session, cluster: int) -> Sequence[str]:
    card = card_of(session, cluster)
    return [card.scope] if card else scopes(session)


def _chapter(run: ClusterRun, cluster: int) -> Chapter | None:
    changes: Mapping[str, Any] = run.changes or {"origins": [], "fates": [], "movers": []}
    origin = _of(changes["origins"], cluster)
    fate = _of(changes["fates"], cluster)
    if origin is None and fate is None:
        return None
    now, before = origin or {}, fate or {}
    split = before.get("kind") == "split"
    return Chapter(
        run=run.id,
        at=run.finished_at or run.started_at,
        kind="split" if split and now else now.get("kind") or before["kind"],
        size=now.get("size", 0),
        came=[flow for flow in now.get("sources", ()) if flow["cluster"] != cluster],
        went=[flow for flow in before.get("into", ()) if flow["cluster"] != cluster],
        joined=[(mover["work"], mover["before"]) for mover in changes["movers"] if mover["after"] == cluster],
        left=[(mover["work"], mover["after"]) for mover in changes["movers"] if mover["before"] == cluster],
    )


def _of(entries: Sequence[Mapping[str, Any]], cluster: int) -> Mapping[str, Any] | None:
    return next((entry for entry in entries if entry["cluster"] == cluster), None)
