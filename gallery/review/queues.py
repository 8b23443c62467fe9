"""The queues of the desk: what each says of itself. A new queue is one more function in `SOURCES`."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from gallery.holdings.house import House
from gallery.models.duplicates import KINDS, count_open
from gallery.models.held import count_held
from gallery.models.labels import FIELDS, last_label_run
from gallery.models.quality import count_open as count_findings
from gallery.models.review import (
    Decision,
    cluster_decisions,
    count_clusters,
    count_takedowns,
    duplicate_decisions,
    held_decisions,
    label_decisions,
    open_labels,
    quality_decisions,
    takedown_decisions,
)
from gallery.models.tagging import TagDecision, TagSet, latest_model, standing, tag_sets
from gallery.review.model import Prior, Stock
from gallery.review.worth import NEXT
from gallery.tagging.files import Scores, read_scores
from gallery.tagging.truth import verdicts_of
from indexer.errors import StoreMissing
from indexer.quality.judging import KINDS as FINDING_KINDS
from indexer.store.model import artwork_id
from indexer.tagging.doubt import uncertainty

# A guess where most labels are right, and what is wrong strikes less than what was planted to measure it: of the
# artists of 2,397 paintings as they are 3 were in the first band of the queue and 86, 172 and 162 in the others; with
# one in twenty planted 68 (66 of them planted), 100 (37), 168 (9) and 186 (4).
_LABEL_BANDS = {"0": Prior(0.4), "1": Prior(0.15), "2": Prior(0.05), "3": Prior(0.02)}
_LABELS = {"artist": "Suspicious artists", "movement": "Suspicious movements", "year": "Suspicious years"}
_PAIRS = {"exact": Prior(0.95), "near": Prior(0.95), "part": Prior(0.9), "alike": Prior(0.3)}
_TAGGING_SECONDS, _CLUSTER_SECONDS, _TAKEDOWN_SECONDS = 4.0, 45.0, 120.0


def labels(house: House) -> Iterator[Stock]:
    """Yield a queue of suspicious labels for each field."""
    with house.database.reading() as session:
        run = last_label_run(session)
        for what in FIELDS:
            waiting, decided = open_labels(session, what), label_decisions(session, what)
            judged = (run.parts if run else {}).get(what, {}).get("judged", 0)
            yield Stock(
                f"labels-{what}",
                _LABELS[what],
                "wrong labels",
                "label_desk.index",
                dict(sorted(waiting.items())),
                decided,
                judged,
                {"field": what},
                _LABEL_BANDS,
            )


def duplicates(house: House) -> Iterator[Stock]:
    """Yield the queue of pairs that may be the same."""
    with house.database.reading() as session:
        counts, decided = count_open(session), duplicate_decisions(session)
    waiting: dict[str, int] = {kind: counts[kind] for kind in KINDS if kind in counts}
    yield Stock(
        "duplicates",
        "Duplicates",
        "duplicates",
        "duplicate_desk.index",
        waiting,
        decided,
        _works(house),
        priors=_PAIRS,
    )


def held(house: House) -> Iterator[Stock]:
    """Yield the queue of works that are held until somebody looks."""
    with house.database.reading() as session:
        waiting, decided = count_held(session), held_decisions(session)
    yield Stock("held", "Held works", "works that do not belong", "held_desk.index", {"": waiting}, decided)


def quality(house: House) -> Iterator[Stock]:
    """Yield the queue of what may be wrong with pictures, notes left out."""
    with house.database.reading() as session:
        counts, decided = count_findings(session), quality_decisions(session)
    waiting: dict[str, int] = {kind: counts[kind] for kind in FINDING_KINDS if kind in counts}
    yield Stock("quality", "Pictures", "faulty pictures", "quality_desk.index", waiting, decided, _works(house))


def takedowns(house: House) -> Iterator[Stock]:
    """Yield the requests to take works down: a person waits for each answer."""
    with house.database.reading() as session:
        waiting, decided = count_takedowns(session), takedown_decisions(session)
    yield Stock(
        "takedowns",
        "Takedown requests",
        "works to take down",
        "takedown_desk.index",
        {"": waiting},
        decided,
        seconds=_TAKEDOWN_SECONDS,
        urgent=True,
    )


def clusters(house: House) -> Iterator[Stock]:
    """Yield the clusters that nobody has said anything of."""
    with house.database.reading() as session:
        (whole, waiting), decided = count_clusters(session), cluster_decisions(session)
    yield Stock(
        "clusters",
        "Clusters to review",
        "clusters to mend",
        "cluster_review.index",
        {"": waiting},
        decided,
        whole,
        seconds=_CLUSTER_SECONDS,
    )


def tags(house: House) -> Iterator[Stock]:
    """Yield the review of each tag set that has a model: the works it is least sure of (uncertainty sampling)."""
    with house.database.reading() as session:
        found = [(each, latest_model(session, each.id), standing(session, each.id)) for each in tag_sets(session)]
    for each, model, decided in found:
        scores = read_scores(house.models, model.sha256) if model else None
        if model is None or scores is None:
            continue
        said = verdicts_of(decided, each.exclusive)
        known = {row for sha256 in said if (row := scores.place.get(artwork_id(sha256))) is not None}
        rows = np.array([row for row in range(len(scores.ids)) if row not in known], np.intp)
        doubtful = _least_sure(scores, rows, exclusive=each.exclusive)
        since = [decision for decision in reversed(decided) if decision.id > model.last_decision]
        yield Stock(
            f"tags-{each.id}",
            f"Tags: {each.name}",
            "wrong tags",
            "tagging.review",
            {"": len(rows)},
            [told for decision in since if (told := _against(each, scores, decision))],
            values={"set_id": each.id},
            seconds=_TAGGING_SECONDS,
            expected=doubtful,
            why="by the probabilities that its model gives the ten works it is least sure of",
        )


def _least_sure(scores: Scores, rows: np.ndarray, *, exclusive: bool) -> float | None:
    """Return how often the likeliest class of the next works will be wrong, by the model's own probabilities."""
    if not len(rows):
        return None
    chances = scores.probabilities[rows]
    next_ = chances[np.argsort(-uncertainty(chances, exclusive=exclusive), kind="stable")[:NEXT]]
    sure = next_.max(1) if exclusive else np.maximum(next_, 1 - next_).min(1)
    return float(1 - sure.mean())


def _against(tags: TagSet, scores: Scores, decision: TagDecision) -> Decision | None:
    """Return a decision made since the model learned, and whether it said otherwise than the model had."""
    chances = scores.of(artwork_id(decision.sha256))
    if chances is None or decision.label not in chances:
        return None
    if tags.exclusive:
        agrees = (max(chances, key=lambda name: chances[name]) == decision.label) == decision.verdict
    else:
        agrees = (chances[decision.label] >= 0.5) == decision.verdict
    return Decision(decision.at, decision.user_id, "", not agrees)


def _works(house: House) -> int:
    try:
        return house.store.stats().artworks
    except StoreMissing:
        return 0


SOURCES: tuple[Callable[[House], Iterable[Stock]], ...] = (takedowns, labels, duplicates, held, quality, tags, clusters)


def stocks(house: House) -> list[Stock]:
    """Return what all queues say of themselves."""
    return [stock for source in SOURCES for stock in source(house)]
