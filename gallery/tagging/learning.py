"""Training a set's model, applying it, and going back to the one before: each a record with what it was made from."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gallery.db import Database
from gallery.models.audit import record
from gallery.models.tagging import (
    TagModel,
    TagSet,
    apply_model,
    model_before,
    newest_decision,
    standing,
    tag_model,
)
from gallery.models.users import User
from gallery.tagging.deciding import found_set
from gallery.tagging.errors import TagsRefused
from gallery.tagging.files import Scores, read_head, write_head, write_scores
from gallery.tagging.publishing import check, model_of, retag, score
from gallery.tagging.truth import Verdicts, verdicts_of
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, artwork_id
from indexer.tagging.doubt import suspects
from indexer.tagging.labels import groups_of, labels_of

if TYPE_CHECKING:
    from indexer.tagging.training import Trained

Say = Callable[[str, float], None]
"""Told what is done now and how much of all of it is done, 0 to 1."""


def train_set(
    database: Database,
    store: ArtworkStore,
    folder: Path,
    set_id: int,
    by: User | None,
    say: Say = lambda what, done: None,
) -> TagModel:
    """Learn from all that was decided for a set, and store the model with its figures; nothing is applied.

    Raises `TooFewLabels`, `UnknownTagSet` and `StorageError`.
    """
    # Imported here: a second's work, and nothing that serves pages needs it.
    from indexer.tagging.training import train

    with database.reading() as session:
        tags = found_set(session, set_id)
        verdicts = verdicts_of(standing(session, set_id), tags.exclusive)
        newest = newest_decision(session, set_id)
    say("reading works", 0.05)
    works = {work.id: work for batch in store.scan() for work in batch}
    said = {artwork_id(sha256): about for sha256, about in verdicts.items() if artwork_id(sha256) in works}
    labels = labels_of(said, tags.classes, tags.exclusive)
    vectors = store.vectors(labels.works)
    groups = groups_of(vectors, [(works[work].artist, works[work].title) for work in labels.works])
    say("learning", 0.2)
    made = train(labels, vectors, groups, model_of(store))
    say("looking at all works", 0.6)
    scores = score(store, made.head, list(works))
    sha256 = write_head(folder, made.head)
    write_scores(folder, sha256, scores)
    would_tag = _would_tag(tags, scores, works, verdicts)
    model = _record(set_id, sha256, made, would_tag, newest, by)
    with database.writing() as session:
        session.add(model)
        session.flush()
        figures = {"model": model.id, "works": model.data["works"], "accuracy": round(made.report.accuracy, 3)}
        record(session, by, "trained tags", tags.name, **figures)
    return model


def _record(
    set_id: int, sha256: str, made: "Trained", would_tag: dict[str, int], newest: int, by: User | None
) -> TagModel:
    doubted = [asdict(each) for each in suspects(made.labels, made.held_out)]
    return TagModel(
        set_id=set_id,
        sha256=sha256,
        data={
            "decisions": newest,
            "works": len(made.labels.works),
            "examples": made.labels.examples(),
            "network": made.head.model,
            "left_out": list(made.left_out),
        },
        metrics={**made.report.to_dict(), "would_tag": would_tag, "suspects": doubted},
        last_decision=newest,
        user_id=by.id if by else None,
    )


def _would_tag(tags: TagSet, scores: Scores, works: dict[str, Artwork], verdicts: Verdicts) -> dict[str, int]:
    """Return how many works without a curator's word each class would be given."""
    unsaid = [row for row, work in enumerate(scores.ids) if works[work].sha256 not in verdicts]
    chances = scores.probabilities[unsaid]
    sure = chances >= tags.threshold
    if tags.exclusive:
        sure &= chances == chances.max(1, keepdims=True)
    return dict(zip(scores.classes, sure.sum(0).tolist(), strict=True))


def apply(database: Database, store: ArtworkStore, folder: Path, model_id: int, by: User | None) -> int:
    """Let works show what a model says, in the place of the one before; return how many works changed.

    Raises `TagsRefused`, `DamagedHead` and `WrongHead` before anything is changed.
    """
    with database.reading() as session:
        model = _found(tag_model(session, model_id))
    check(store, read_head(folder, model.sha256))
    with database.writing() as session:
        apply_model(session, model, model.set_id)
        tags = found_set(session, model.set_id)
        record(session, by, "applied tags", tags.name, set=tags.id, model=model_id)
    return retag(database, store, folder)


def roll_back(database: Database, store: ArtworkStore, folder: Path, set_id: int, by: User | None) -> int:
    """Go back to the model applied before, or to none if there was none; return how many works changed."""
    with database.writing() as session:
        tags = found_set(session, set_id)
        before = model_before(session, set_id)
        # It stands where it stood: going back once more leads to the one before it.
        apply_model(session, before, set_id, before.applied_at if before else None)
        detail: dict[str, Any] = {"set": set_id, "model": before.id if before else None}
        record(session, by, "rolled tags back", tags.name, **detail)
    return retag(database, store, folder)


def _found(model: TagModel | None) -> TagModel:
    if model is None:
        raise TagsRefused("The model", "is not there any more")
    return model
