"""Shares that are known from a few cases only, and how well: Wilson's interval, and Beta distributions."""

from dataclasses import dataclass
from math import sqrt

NINETY, NINETY_FIVE = 1.645, 1.96
"""Half of an interval of 90 and of 95 % in standard deviations."""


def wilson(hits: float, trials: int, deviations: float = NINETY_FIVE) -> tuple[float, float]:
    """Return the interval of a share of which so many trials hit (Wilson, JASA 22, 1927)."""
    share, weight = hits / trials, deviations**2 / trials
    middle = (share + weight / 2) / (1 + weight)
    half = deviations * sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


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
        # Imported here: a tenth of a second, for one page.
        from scipy.special import betaincinv

        return float(betaincinv(self.found, self.other, 0.05)), float(betaincinv(self.found, self.other, 0.95))
