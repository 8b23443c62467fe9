"""How long work shows that it goes on, and hears that it shall not."""

from collections.abc import Callable
from dataclasses import dataclass

from indexer.errors import ClusteringStopped


def _ignore(what: str, share: float) -> None:
    """Show nothing."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody who is told what is being done and how far it is (0 to 1), and may stop it.

    `begin` and `end` are the part of the whole that this piece of work is.
    """

    progress: Callable[[str, float], None] = _ignore
    stopped: Callable[[], bool] = _never
    begin: float = 0.0
    end: float = 1.0

    def step(self, what: str, share: float) -> None:
        """Report `share` of this piece of work as done; raise `ClusteringStopped` if it shall end."""
        if self.stopped():
            raise ClusteringStopped(what)
        self.progress(what, self.begin + (self.end - self.begin) * min(1.0, share))

    def part(self, begin: float, end: float) -> "Watch":
        """Return the watch for a piece of this piece."""
        length = self.end - self.begin
        return Watch(self.progress, self.stopped, self.begin + length * begin, self.begin + length * end)


SILENT = Watch()
