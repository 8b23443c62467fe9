"""What a run tells while it goes on, and what it has come to in the end."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from scraper.errors import ScraperError
from scraper.model import ArtworkRecord, Candidate, Skip

DONE, NOTHING, PARTLY, DEADLINE, INTERRUPTED = 0, 3, 4, 124, 130
NO_ARTIST = "no-artist"
# What the run ends with when nothing came of anything, by the stage at which most was lost of what was wanted.
_LOST_AT = {"robots": 5, "fetch": 6, "guard": 9}
_NOT_WANTED = ("find", "policy")
_UNUSABLE = 2

How = Literal["new", "changed", "same", "duplicate"]
Stopped = Literal["interrupted", "deadline"]


@dataclass(frozen=True, slots=True)
class Found:
    """A source has come upon a picture."""

    source: str
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture is safe in the library: new there, known with something new said of it, known, or seen in this run."""

    source: str
    address: str
    record: ArtworkRecord
    how: How


@dataclass(frozen=True, slots=True)
class Skipped:
    """A candidate was not kept."""

    source: str
    skip: Skip


@dataclass(frozen=True, slots=True)
class Failed:
    """A source has ended before its time."""

    source: str
    error: ScraperError


Event = Found | Stored | Skipped | Failed


@dataclass(slots=True)
class Outcome:
    """The sums of a run.

    `stored` counts pictures that are new in the library, `changed` known ones of which something new was said,
    `same` known ones of which nothing was, `duplicates` further places of a picture in this run. `unfinished`
    counts what another run may still get, or whoever asked for it should look at; `fatal` ended the run for good.
    """

    dry_run: bool = False
    found: int = 0
    counts: Counter[How] = field(default_factory=Counter)
    skips: list[Skip] = field(default_factory=list)
    errors: list[Failed] = field(default_factory=list)
    unfinished: int = 0
    stopped: Stopped | None = None
    fatal: ScraperError | None = None

    @property
    def kept(self) -> int:
        """Pictures that are in the library now, whether this run brought them or an earlier one."""
        return self.counts["new"] + self.counts["changed"] + self.counts["same"]

    def add(self, event: Event) -> None:
        """Count an event."""
        match event:
            case Found():
                self.found += 1
            case Stored():
                self.counts[event.how] += 1
            case Skipped():
                self.skips.append(event.skip)
            case Failed():
                self.errors.append(event)

    @property
    def exit_code(self) -> int:
        """What a command that did this ends with."""
        if self.fatal:
            return self.fatal.exit_code
        if self.stopped:
            return INTERRUPTED if self.stopped == "interrupted" else DEADLINE
        if self.found if self.dry_run else self.kept:
            return PARTLY if self.errors or self.unfinished else DONE
        if self.errors:
            return self.errors[0].error.exit_code
        lost = Counter(skip.stage for skip in self.skips if skip.stage not in _NOT_WANTED)
        if any(skip.reason in (NO_ARTIST, "bad-row") for skip in self.skips):
            return _UNUSABLE
        return _LOST_AT.get(lost.most_common(1)[0][0], NOTHING) if lost else NOTHING
