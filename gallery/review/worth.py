"""What is worth most per minute: errors found by each queue's own history, and how long a decision takes there."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import numpy as np

from gallery.models.review import Decision
from gallery.review.model import Prior, Stock

LATEST = 200
"""Decisions in a part of a queue that count: what was found long ago says less of what waits now."""

_PAUSE = timedelta(minutes=3)
_FEWEST_GAPS = 5
_LEAST_SECONDS = 1.0
_GRID = (np.arange(2_000) + 0.5) / 2_000


@dataclass(frozen=True, slots=True)
class Beta:
    """What is known of a share: a Beta distribution, from a prior and what was seen."""

    found: float
    other: float

    @property
    def mean(self) -> float:
        """The share that is expected."""
        return self.found / (self.found + self.other)

    @property
    def variance(self) -> float:
        """How far from that it may be, squared."""
        whole = self.found + self.other
        return self.found * self.other / (whole**2 * (whole + 1))

    @property
    def interval(self) -> tuple[float, float]:
        """Where it is with 90 % probability, by quantiles."""
        density = (self.found - 1) * np.log(_GRID) + (self.other - 1) * np.log1p(-_GRID)
        summed = np.cumsum(np.exp(density - density.max()))
        low, high = np.searchsorted(summed, np.array([0.05, 0.95]) * summed[-1])
        return float(_GRID[low]), float(_GRID[min(high, len(_GRID) - 1)])


@dataclass(frozen=True, slots=True)
class Worth:
    """A queue with the share of errors `expected` among its next cases, and how many a minute will find.

    `seen` decisions in the part that comes next found `found` errors; `timed` says whether `seconds` were measured.
    """

    stock: Stock
    expected: float
    interval: tuple[float, float] | None
    seconds: float
    timed: bool
    seen: int
    found: int

    @property
    def per_minute(self) -> float:
        """Errors that a minute of review finds."""
        return min(self.expected * 60 / self.seconds, self.expected * self.stock.total)


def ranking(stocks: Sequence[Stock]) -> list[Worth]:
    """Return the queues in which something waits, what is worth most first, urgent ones before all."""
    found = [worth_of(stock) for stock in stocks if stock.total]
    return sorted(found, key=lambda worth: (not worth.stock.urgent, -worth.per_minute))


def worth_of(stock: Stock) -> Worth:
    """Return what a queue is worth: by what it knows itself, or by its history and a Beta prior."""
    mine = [decision for decision in stock.decisions if decision.part == stock.part][:LATEST]
    errors = sum(decision.error for decision in mine)
    pace = seconds_of(stock.decisions)
    known = share(stock.prior(stock.part), mine)
    expected = known.mean if stock.expected is None else stock.expected
    interval = known.interval if stock.expected is None else None
    return Worth(stock, expected, interval, pace or stock.seconds, pace is not None, len(mine), errors)


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
