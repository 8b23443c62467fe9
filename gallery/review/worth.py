"""What is worth most per minute: errors found by each queue's own history, and how long a decision takes there."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from gallery.models.review import Decision
from gallery.review.model import Prior, Stock
from gallery.shares import Beta

LATEST = 200
"""Decisions in a part of a queue that count: what was found long ago says less of what waits now."""

NEXT = 10
"""Cases that a queue is judged by: the next of its first part, and fewer where that part has no more."""

_PAUSE = timedelta(minutes=3)
_FEWEST_GAPS = 5
_LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Worth:
    """A queue with the share of errors `expected` among its `coming` next cases, and how many a minute will find.

    `seen` decisions in the part that comes next found `found` errors; `timed` says whether `seconds` were measured.
    """

    stock: Stock
    coming: int
    expected: float
    interval: tuple[float, float] | None
    per_minute: float
    seconds: float
    timed: bool
    seen: int
    found: int


def ranking(stocks: Sequence[Stock]) -> list[Worth]:
    """Return the queues in which something waits, what is worth most first, urgent ones before all."""
    found = [worth_of(stock) for stock in stocks if stock.total]
    return sorted(found, key=lambda worth: (not worth.stock.urgent, -worth.per_minute))


def worth_of(stock: Stock) -> Worth:
    """Return what a queue is worth: by what it knows itself, or by its history and a Beta prior."""
    mine, known = stock.decided_in(stock.part)[:LATEST], share_in(stock, stock.part)
    pace = seconds_of(stock.decisions)
    seconds = pace or stock.seconds
    return Worth(
        stock,
        min(NEXT, stock.waiting.get(stock.part, 0)),
        known.mean if stock.expected is None else stock.expected,
        known.interval if stock.expected is None else None,
        _errors_among(stock, 60 / seconds),
        seconds,
        pace is not None,
        len(mine),
        sum(decision.error for decision in mine),
    )


def _errors_among(stock: Stock, cases: float) -> float:
    """Return how many errors are expected among so many next cases, in one part of the queue after the other."""
    errors = 0.0
    for part, count in stock.waiting.items():
        taken = min(cases, count)
        errors += taken * (share_in(stock, part).mean if stock.expected is None else stock.expected)
        cases -= taken
    return errors


def share_in(stock: Stock, part: str) -> Beta:
    """Return what is known of the share of errors in a part of a queue."""
    return share(stock.prior(part), stock.decided_in(part)[:LATEST])


def share(prior: Prior, decisions: Sequence[Decision]) -> Beta:
    """Return what is known of the share of errors after some decisions."""
    errors = sum(decision.error for decision in decisions)
    before = max(prior.share * prior.weight, 0.05), max((1 - prior.share) * prior.weight, 0.05)
    return Beta(before[0] + errors, before[1] + len(decisions) - errors)


def seconds_of(decisions: Sequence[Decision]) -> float | None:
    """Return how long a decision takes: the median time between one and the next of a person, pauses left out.

    Many that were accepted at once share their time. None where there are too few to tell.
    """
    moments: defaultdict[int | None, list[datetime]] = defaultdict(list)
    for decision in decisions[:LATEST]:
        moments[decision.user_id].append(decision.at)
    gaps: list[float] = []
    for mine in moments.values():
        ordered = sorted(mine)
        pairs = zip(ordered, ordered[1:], strict=False)
        gaps += [(later - earlier).total_seconds() for earlier, later in pairs if later - earlier <= _PAUSE]
    return max(_LEAST_SECONDS, median(gaps)) if len(gaps) >= _FEWEST_GAPS else None
