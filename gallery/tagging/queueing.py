"""What a curator is shown next: works the model cannot decide on, one class's, or those another curator labelled."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from gallery.db import Database
from gallery.models.tagging import TagDecision, TagSet, latest_model, standing
from gallery.models.users import User
from gallery.tagging.deciding import found_set
from gallery.tagging.files import Scores, read_scores
from gallery.tagging.truth import verdicts_of
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Filters, artwork_id
from indexer.tagging.doubt import uncertainty

Order = Literal["uncertain", "class", "second"]
ORDERS: dict[Order, str] = {"uncertain": "Least sure first", "class": "One class", "second": "Second look"}

NEIGHBOURS = 8
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A work with the class suggested for it, other likely ones, and what its nearest works are tagged with."""

    work: Artwork
    label: str
    probability: float | None
    others: tuple[tuple[str, float], ...]
    neighbours: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """The cases to decide now; `left` counts all that wait. `trained` is false while there is no model."""

    cases: tuple[Case, ...]
    left: int
    trained: bool


def queue_of(
    database: Database,
    store: ArtworkStore,
    folder: Path,
    set_id: int,
    *,
    order: Order,
    label: str | None,
    by: User,
    size: int,
    skip: int = 0,
) -> Queue:
    """Return the next cases of a set; those that are skipped come again later."""
    with database.reading() as session:
        tags, model = found_set(session, set_id), latest_model(session, set_id)
        decided = standing(session, set_id)
    scores = read_scores(folder, model.sha256) if model else None
    if order == "second":
        wanted = _second(decided, by)
        pairs: list[tuple[str, str | None]] = [(artwork_id(sha256), None) for sha256 in wanted]
    elif scores is None:
        return Queue((), 0, trained=False)
    else:
        pairs = list(_open(tags, scores, decided, order, label))
    start = skip if skip < len(pairs) else 0
    cases = tuple(_cases(store, tags, scores, pairs[start:], size))
    return Queue(cases, len(pairs), trained=scores is not None)


def _second(decided: Sequence[TagDecision], by: User) -> list[str]:
    mine = {each.sha256 for each in decided if each.user_id == by.id}
    others = dict.fromkeys(each.sha256 for each in decided if each.user_id != by.id and each.verdict)
    return [sha256 for sha256 in others if sha256 not in mine]


def _open(
    tags: TagSet, scores: Scores, decided: Sequence[TagDecision], order: Order, label: str | None
) -> Iterator[tuple[str, str | None]]:
    """Yield works and the class to ask about, what should be looked at first at the beginning."""
    chances, names = _undecided(tags, scores, decided)
    if order == "class" and label in names:
        column = names.index(label)
        rows = np.flatnonzero(chances[:, column] > 0)
        yield from ((scores.ids[row], label) for row in rows[np.argsort(-chances[rows, column], kind="stable")])
        return
    rows = np.flatnonzero((chances > 0).any(1))
    if not len(rows):
        return
    unsure = uncertainty(chances[rows], exclusive=tags.exclusive)
    for at in np.argsort(-unsure, kind="stable"):
        row = rows[at]
        column = chances[row].argmax() if tags.exclusive else np.abs(chances[row] - 0.5).argmin()
        yield scores.ids[row], names[column]


def _undecided(tags: TagSet, scores: Scores, decided: Sequence[TagDecision]) -> tuple[np.ndarray, list[str]]:
    """Return the probabilities of what nobody has decided, 0 elsewhere, and the classes they are of."""
    columns = [column for column, name in enumerate(scores.classes) if name in tags.classes]
    names = [scores.classes[column] for column in columns]
    chances = np.maximum(scores.probabilities[:, columns], 1e-6)
    for sha256, said in verdicts_of(decided, tags.exclusive).items():
        row = scores.place.get(artwork_id(sha256))
        if row is None:
            continue
        known = names if tags.exclusive and any(said.values()) else [name for name in names if name in said]
        chances[row, [names.index(name) for name in known]] = 0
        if tags.exclusive and (whole := chances[row].sum()):
            chances[row] /= whole
    return chances, names


def _cases(
    store: ArtworkStore, tags: TagSet, scores: Scores | None, pairs: Sequence[tuple[str, str | None]], size: int
) -> Iterator[Case]:
    # Some may have been removed since the model looked.
    for work, label in islice(_there(store, pairs, size), size):
        chances = (scores.of(work.id) if scores else None) or {}
        likely = sorted(((name, chances[name]) for name in chances if name in tags.classes), key=lambda each: -each[1])
        suggested = label or (likely[0][0] if likely else tags.classes[0])
        others = tuple(each for each in likely if each[0] != suggested)[:_SHOWN]
        yield Case(work, suggested, chances.get(suggested), others, neighbours_tags(store, tags.name, work.id))


def _there(
    store: ArtworkStore, pairs: Sequence[tuple[str, str | None]], at_once: int
) -> Iterator[tuple[Artwork, str | None]]:
    for start in range(0, len(pairs), at_once):
        part = pairs[start : start + at_once]
        works = store.get_many([work for work, _ in part])
        yield from ((works[work], label) for work, label in part if work in works)


def neighbours_tags(store: ArtworkStore, name: str, work: str) -> tuple[tuple[str, int], ...]:
    """Return what the works most like one are tagged with in a set, most frequent first."""
    near = store.similar(work, Filters(), size=NEIGHBOURS).found
    told = Counter(label for each in near for tagged, label, *_ in each.artwork.given if tagged == name)
    return tuple(told.most_common(_SHOWN))
