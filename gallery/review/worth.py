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
"""Cases of a queue for which a page tells how many will be errors."""

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
    mine = stock.decided_in(stock.part)[:LATEST]
    pace = seconds_of(stock.decisions)
    seconds = pace or stock.seconds
    coming, in_a_minute = share_among(stock, NEXT), share_among(stock, 60 / seconds)
    told = stock.expected
    return Worth(
        stock,
        min(NEXT, stock.total),
        coming.mean if told is None else told,
        coming.interval if told is None else None,
        min(60 / seconds, stock.total) * (in_a_minute.mean if told is None else told),
        seconds,
        pace is not None,
        len(mine),
        sum(decision.error for decision in mine),
    )


def share_among(stock: Stock, cases: float) -> Beta:
    """Return what is known of the share of errors among so many next cases of a queue in which some wait.

    They may lie in several parts: it is the Beta distribution with their mean and variance, the parts' shares being
    independent.
    """
    cases = left = min(cases, stock.total)
    mean = variance = 0.0
    for part, count in stock.waiting.items():
        taken = min(left, count)
        known = share_in(stock, part)
        mean += taken / cases * known.mean
        variance += (taken / cases) ** 2 * known.variance
        left -= taken
    whole = mean * (1 - mean) / variance - 1
    return Beta(mean * whole, (1 - mean) * whole)


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
