"""What a report is made of: facts by section, and one line for each work."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, get_args

from gallery.holdings.house import House
from gallery.settings import GallerySettings
from indexer.store.model import Artwork

VERSION = 1
"""The shape of what is stored: raised when older readers would misread it."""

Facts = Mapping[str, Any]
Unit = Literal["count", "share", "number", "bytes"]
Which = Literal["added", "removed", "relabelled", "relicensed", "faded", "surfaced"]
WHICH: tuple[Which, ...] = get_args(Which)
"""Ways in which a work may be another in a later report; the last two are of how often it comes."""

Say = Callable[[str, int, int], None]
"""Told what is done now, how much of it is done, and of how much."""


class Line(NamedTuple):
    """One work as it was when the report was made; `shown` is how often it is among the nearest, None if not known."""

    sha256: str
    title: str
    artist: str
    year: int | None
    movement: str | None
    licence: str
    credit: str | None
    width: int
    height: int
    shown: int | None

    @classmethod
    def of(cls, work: Artwork, shown: int | None) -> "Line":
        """Return the line of a work."""
        facts = (work.title, work.artist, work.year, work.movement, work.licence, work.credit)
        return cls(work.sha256, *facts, work.width, work.height, shown)

    def to_json(self) -> bytes:
        """Return it as a line of JSON."""
        return json.dumps(self, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"

    @staticmethod
    def order_of(line: bytes) -> bytes:
        """Return the part of a line of JSON, its sha256, by which lines are in order."""
        return line[2:66]

    @staticmethod
    def never_shown(line: bytes) -> bool:
        """Tell from a line of JSON, without reading all of it, whether its work is among nobody's nearest."""
        return line.endswith(b",0]\n")

    @classmethod
    def from_json(cls, line: bytes) -> "Line":
        """Return the work of a line; raises ValueError or TypeError when it is none."""
        return cls(*json.loads(line))


def face_of(work: Artwork | Line) -> dict[str, Any]:
    """Return what a report keeps of a work that it shows a picture of."""
    return {name: getattr(work, name) for name in ("sha256", "title", "artist", "width", "height")}


class Chosen:
    """A few works that a report shows, each with a note, met while all works go by."""

    def __init__(self, notes: Mapping[str, str]) -> None:
        self._notes = notes
        self._faces: dict[str, dict[str, Any]] = {}

    def see(self, works: Sequence[Artwork]) -> None:  # noqa: B027
        """Keep those of some works that are shown."""
        self._faces |= {work.sha256: face_of(work) for work in works if work.sha256 in self._notes}

    def faces(self) -> list[dict[str, Any]]:
        """Return what is kept of those that were met, in the order of their notes."""
        return [self._faces[each] | {"note": note} for each, note in self._notes.items() if each in self._faces]


@dataclass(frozen=True, slots=True)
class Report:
    """The facts of a report; `made_with` names the software, `works` is the sha256 of the lines of its works."""

    made_at: datetime
    made_with: str
    works: str
    facts: Mapping[str, Facts]
    version: int = VERSION

    @property
    def mark(self) -> str:
        """What it is known by in addresses and names of files."""
        return mark_of(self.made_at)

    def figure(self, section: str, key: str) -> float | None:
        """Return one of its figures; None where it was not known, or the section is younger than the report."""
        found: Any = self.facts.get(section)
        for name in key.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, int | float) else None


def mark_of(moment: datetime) -> str:
    """Return what a report made at this moment (UTC) is known by, e.g. "2026-11-25T094512Z"."""
    return f"{moment:%Y-%m-%dT%H%M%SZ}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by which reports are compared: its key among the section's facts, its label, and how it is written.

    A key with a dot leads into what the facts have under its first part; a minor figure is told in comparisons only.
    """

    key: str
    label: str
    unit: Unit = "count"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """What a report is made from."""

    house: House
    settings: GallerySettings
    stopped: Callable[[], bool]
    say: Say


class Section(ABC):
    """Gathers the facts of one section; `name` is that of its template too."""

    name: ClassVar[str]
    title: ClassVar[str]
    figures: ClassVar[tuple[Figure, ...]]

    def __init__(self, case: Case) -> None:
        self._case = case

    def see(self, works: Sequence[Artwork]) -> None:  # noqa: B027
        """Take note of some works; each is shown once. A section that asks elsewhere sees nothing in them."""

    @abstractmethod
    def facts(self) -> Facts:
        """Return what was found, as plain JSON that does not grow with the collection."""
