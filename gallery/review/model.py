"""What each queue of the desk says of itself, so that all can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gallery.models.review import Decision


class Prior(NamedTuple):
    """What is expected of a part of a queue before anybody decided there: a share of errors, as if seen in `weight`."""

    share: float
    weight: float = 2.0


EVEN = Prior(0.5)


@dataclass(frozen=True, slots=True)
class Stock:
    """A queue: how many cases wait in each part of it, what was decided, and where its first case is.

    `waiting` has the parts in the order of the queue. `whole` counts the things whose errors are looked for here, 0
    where that is no fixed number. `expected` is the share of errors among the next cases where the queue knows it by
    itself; `why` says where that comes from. `seconds` is how long a decision takes as long as nobody has shown
    otherwise. An `urgent` queue comes first whatever the others are worth.
    """

    key: str
    name: str
    errors: str
    endpoint: str
    waiting: Mapping[str, int]
    decisions: Sequence[Decision]
    whole: int = 0
    values: Mapping[str, object] = field(default_factory=dict)
    priors: Mapping[str, Prior] = field(default_factory=dict)
    seconds: float = 8.0
    expected: float | None = None
    why: str = ""
    urgent: bool = False

    @property
    def total(self) -> int:
        """How many cases wait."""
        return sum(self.waiting.values())

    @property
    def part(self) -> str:
        """The part of the next cases."""
        return next((part for part, count in self.waiting.items() if count), "")

    def prior(self, part: str) -> Prior:
        """Return what is expected of a part before anybody decided there."""
        return self.priors.get(part, EVEN)

    def decided_in(self, part: str) -> Sequence[Decision]:
        """Return what was decided about cases of a part."""
        return [decision for decision in self.decisions if decision.part == part]
