"""What curators say of clusters: name, description, private remarks, cover, and whether it is a theme; undoable."""

from collections.abc import Mapping, Sequence
from typing import Any

from gallery.clusters.reading import scope_of
from gallery.db import Database, Session
from gallery.models.audit import record
from gallery.models.clusters import (
    LONGEST_NAME,
    ClusterDecision,
    add_decision,
    card_of,
    decisions_about,
    note_of,
)
from gallery.models.users import User
from indexer.errors import BadDecision
from indexer.store import ArtworkStore

LONGEST_DESCRIPTION = 2000
LONGEST_REMARKS = 4000

Said = Mapping[str, Any]


def describe(
    database: Database, cluster: int, by: User, *, name: str, description: str, theme: bool, remarks: str = ""
) -> None:
    """Give a cluster its name, description and remarks, and say whether it is a theme; what is empty is taken away.

    Remarks are for curators alone.
    """
    name, description, remarks = " ".join(name.split()), description.strip(), remarks.strip()
    if len(name) > LONGEST_NAME or len(description) > LONGEST_DESCRIPTION or len(remarks) > LONGEST_REMARKS:
        limits = f"{LONGEST_NAME} characters for the name, {LONGEST_DESCRIPTION:,} for the description"
        raise BadDecision("the text is too long", f"At most {limits}, {LONGEST_REMARKS:,} for the notes.")
    said = {"name": name or None, "description": description or None, "theme": theme, "remarks": remarks or None}
    with database.writing() as session:
        _say(session, cluster, said, by, "described cluster")


def choose_cover(database: Database, store: ArtworkStore, cluster: int, work: str, by: User) -> None:
    """Let one of its works stand for a cluster; raise `BadDecision` if it is in another."""
    artwork = store.get(work)
    with database.writing() as session:
        card = card_of(session, cluster)
        own = card is not None and (artwork.cluster == str(cluster) if card.members is None else work in card.members)
        if card is None or not own:
            raise BadDecision("a cover must be one of the cluster's own works", "Choose another, or move it there.")
        card.shown = {**card.shown, "cover": artwork.to_payload()}
        _say(session, cluster, {"cover": work}, by, "chose cover")


def say_again(session: Session, row: ClusterDecision) -> None:
    """Make the note say what all that was said and stands says, once `row` was undone; in a writing session.

    Of each field the last word counts, or what was there before the first.
    """
    cluster: int = row.decision["cluster"]
    said = told(decisions_about(session, row.scope, cluster))
    note = note_of(session, cluster)
    for field in row.decision["after"]:
        setattr(note, field, said[field])


def told(rows: Sequence[ClusterDecision]) -> dict[str, Any]:
    """Return what decisions about one cluster, oldest first, say of it, by fields of its note."""
    said: dict[str, Any] = {}
    for row in rows:
        if row.decision["kind"] != "note":
            continue
        for field, after in row.decision["after"].items():
            said.setdefault(field, row.decision["before"][field])
            if row.undone_at is None:
                said[field] = after
    return said


def _say(session: Session, cluster: int, said: Said, by: User, action: str) -> None:
    note = note_of(session, cluster)
    before = {field: getattr(note, field) for field in said}
    changed = {field: value for field, value in said.items() if value != before[field]}
    if not changed:
        return
    for field, value in changed.items():
        setattr(note, field, value)
    made = {
        "kind": "note",
        "cluster": cluster,
        "before": {field: before[field] for field in changed},
        "after": changed,
    }
    scope = scope_of(session, cluster)
    add_decision(session, ClusterDecision(scope=scope, decision=made, made_on=cluster, user_id=by.id))
    record(session, by, action, note.name or f"cluster {cluster}", **made)
