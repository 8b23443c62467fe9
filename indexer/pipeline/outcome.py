"""What a run of the pipeline tells while it goes on, and what it has come to in the end."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from indexer.quality.measuring import Measures
from indexer.store.model import Artwork, Vector

DONE, PARTLY, INTERRUPTED = 0, 4, 130

Stage = Literal["reading the library", "embedding", "making thumbnails", "lenses"]
Part = Literal["thumbnails", "tags"]
"""What the pass that embeds does as well: a picture's thumbnails when it is decoded, its tags with its vectors."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a stage is: `done` of `total` pictures, `failed` of them without success; `parts` likewise."""

    stage: Stage
    done: int
    total: int | None
    failed: int = 0
    parts: Mapping[Part, tuple[int, int]] = field(default_factory=dict, compare=False)


Watch = Callable[[Standing], None]


Hold = Callable[[Sequence[Artwork], Mapping[str, Vector]], Collection[str]]
"""Told of new works with their vectors (lens -> n x width); returns the sha256 of those that are not to be shown."""


def holding_none(works: Sequence[Artwork], vectors: Mapping[str, Vector]) -> Collection[str]:
    """Let all be shown."""
    return ()


class Measuring(NamedTuple):
    """Who keeps measures of pictures, by sha256: has those of some `known`, and is told by `note` of those made."""

    known: Collection[str]
    note: Callable[[Mapping[str, Measures]], None]


def unwatched(standing: Standing) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture of the library that could not be used, where it lies, and why."""

    sha256: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(slots=True)
class IndexOutcome:
    """The sums of a run, in pictures.

    `embedded` are new in the collection, `refreshed` got the newer facts of their records,
    `pictured` lacked thumbnails only, `removed` are no longer in the library, `filled` got vectors in other
    lenses than the first from what was kept of them, `held` were embedded and kept from the collection.
    """

    known: int = 0
    embedded: int = 0
    refreshed: int = 0
    pictured: int = 0
    removed: int = 0
    filled: int = 0
    held: int = 0
    failures: list[Failure] = field(default_factory=list)
    stopped: bool = False

    @property
    def changed(self) -> bool:
        """Whether the collection is another than before."""
        return bool(self.embedded or self.refreshed or self.removed or self.filled)

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        if self.stopped:
            return INTERRUPTED
        return PARTLY if self.failures else DONE
