"""What the last hour of review was worth: errors removed, and how right the collection is estimated to be since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gallery.db import Database
from gallery.models.tagging import TagModel, standing, tag_models, tag_sets
from gallery.review.model import Stock
from gallery.review.worth import share_in
from gallery.shares import NINETY, wilson

HOUR = timedelta(hours=1)

Interval = tuple[float, float, float]
"""An estimate with the ends of its 90 % interval: low, middle, high."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What an hour changed in one queue: `decisions` made, `removed` errors found by them, and how large a share of
    the `whole` was right `before` and is `after`.
    """

    name: str
    errors: str
    decisions: int
    removed: int
    whole: int
    before: Interval
    after: Interval


@dataclass(frozen=True, slots=True)
class Learning:
    """How right a tag set's model was, by cross-validation, before an hour's labels (None: there was none) and after.

    `labels` were given in the hour; `waits` says that no model has learned from the last of them.
    """

    name: str
    set_id: int
    labels: int
    before: Interval | None
    after: Interval | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Hour:
    """The last hour in which anybody decided anything, which ends with the last decision."""

    end: datetime
    gains: Sequence[Gain]
    learnt: Sequence[Learning]
    decisions: int
    removed: int


def last_hour(stocks: Sequence[Stock], learnt: Sequence[tuple[Learning, datetime]]) -> Hour | None:
    """Return what the last hour of review changed; None if nobody has decided anything yet.

    `learnt` are the models with the moment of the last label of each.
    """
    moments = [decision.at for stock in stocks for decision in stock.decisions[:1]] + [at for _, at in learnt]
    if not moments:
        return None
    end = max(moments)
    made = {stock.key: sum(decision.at > end - HOUR for decision in stock.decisions) for stock in stocks}
    gains = [gain_of(stock, end) for stock in stocks if made[stock.key] and stock.whole]
    removed = sum(d.error and d.at > end - HOUR for stock in stocks for d in stock.decisions)
    recent = [model for model, at in learnt if at > end - HOUR]
    labels = sum(model.labels for model in recent)
    tagged = sum(count for key, count in made.items() if key.startswith("tags-"))
    return Hour(end, gains, recent, sum(made.values()) - tagged + labels, removed)


def gain_of(stock: Stock, end: datetime) -> Gain:
    """Return what the hour before a moment changed in a queue.

    Errors left are estimated part by part of the queue: cases that wait times the share of errors among those decided
    there (Beta, with the part's prior). What no queue suspects counts as right, so that both figures are upper bounds
    of what is right; their difference is not touched by that.
    """
    recent = [decision for decision in stock.decisions if decision.at > end - HOUR]
    removed = sum(decision.error for decision in recent)
    left = variance = 0.0
    for part, count in stock.waiting.items():
        known = share_in(stock, part)
        left += count * known.mean
        # The share itself is not known exactly, and of so many cases chance makes a few more or less of it wrong.
        variance += count**2 * known.variance + count * known.mean * (1 - known.mean)
    after = _right(left, variance, stock.whole)
    before = _right(left + removed, variance, stock.whole)
    return Gain(stock.name, stock.errors, len(recent), removed, stock.whole, before, after)


def learnings(database: Database) -> list[tuple[Learning, datetime]]:
    """Return each tag set that has labels, with what its models before and after the last hour of them could."""
    found = []
    with database.reading() as session:
        for tags in tag_sets(session):
            decided, models = standing(session, tags.id), tag_models(session, tags.id)
            if not decided:
                continue
            last = decided[-1]
            begin = last.at - HOUR
            recent = len({each.sha256 for each in decided if each.at > begin})
            before = next((model for model in models if model.at <= begin), None)
            after = next((model for model in models if model.at > begin), None)
            waits = after is None or after.last_decision < last.id
            learnt = Learning(tags.name, tags.id, recent, _accuracy(before), _accuracy(after), waits)
            found.append((learnt, last.at))
    return found


def _right(left: float, variance: float, whole: int) -> Interval:
    low, high = left + NINETY * variance**0.5, left - NINETY * variance**0.5
    low, middle, high = (min(1.0, max(0.0, 1 - errors / whole)) for errors in (low, left, high))
    return low, middle, high


def _accuracy(model: TagModel | None) -> Interval | None:
    """Return the share of held-out works that a model was right about, with Wilson's interval."""
    if model is None or not model.data.get("works"):
        return None
    count, right = int(model.data["works"]), float(model.metrics["accuracy"])
    low, high = wilson(right * count, count, NINETY)
    return low, right, high
