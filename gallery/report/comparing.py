"""Two reports side by side: figures, and works that came, went, or are told of otherwise, read in step from both."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gallery.errors import ReportDamaged
from gallery.report.model import WHICH, Figure, Line, Report, Which, face_of
from gallery.report.sections import SECTIONS
from gallery.report.shelf import Shelf
from gallery.report.words import figure

SHOWN = 24
"""Works of each kind that a comparison shows; all have pages of their own."""

_LABELS, _RIGHTS = ("title", "artist", "year", "movement"), ("licence", "credit")

Reasons = Callable[[str], str]
"""Tells for what reason a work, by sha256, is not there any more; empty where that is not known."""


class Pair(NamedTuple):
    """A work as it was and as it is; one of the two is None if it came or went."""

    before: Line | None
    after: Line | None

    @property
    def line(self) -> Line:
        """The work as it is, or was last."""
        found = self.after or self.before
        assert found is not None
        return found


class Row(NamedTuple):
    """A figure of both reports; None where one does not know it."""

    figure: Figure
    before: float | None
    after: float | None

    @property
    def change(self) -> float:
        """How much more it is now, 0 where either is not known or both are written alike."""
        if self.before is None or self.after is None:
            return 0
        unit = self.figure.unit
        return 0 if figure(self.before, unit) == figure(self.after, unit) else self.after - self.before


@dataclass(slots=True)
class Difference:
    """What two reports say otherwise; `counts` and the first works of each kind, or the `problem` of comparing them.

    `acts` are what curators decided in between: the day, and what; `remark` says what could not be read.
    """

    before: Report
    after: Report
    rows: Sequence[tuple[str, Sequence[Row]]]
    counts: Counter[Which] = field(default_factory=Counter)
    works: dict[Which, list[dict[str, Any]]] = field(default_factory=dict)
    problem: str = ""
    acts: Sequence[tuple[str, str]] = ()
    remark: str = ""


def difference(shelf: Shelf, before: Report, after: Report, why: Reasons = lambda sha256: "") -> Difference:
    """Compare two reports; a list of works that is damaged leaves the figures."""
    found = Difference(before, after, _rows(before, after), works={which: [] for which in WHICH})
    try:
        for which, pair in changed(shelf, before, after):
            found.counts[which] += 1
            if len(found.works[which]) < SHOWN:
                found.works[which].append(told(which, pair, why))
    except ReportDamaged as damaged:
        found.counts.clear()
        found.works = {which: [] for which in WHICH}
        found.problem = f"Works cannot be compared one by one. {damaged}"
    return found


def changed(shelf: Shelf, before: Report, after: Report) -> Iterator[tuple[Which, Pair]]:
    """Yield works that are not as they were, by their hashes, once for each way; raises `ReportDamaged`."""
    if before.works == after.works:
        return
    for old, new in _in_step(shelf.lines(before), shelf.lines(after)):
        pair = Pair(shelf.work(before, old) if old else None, shelf.work(after, new) if new else None)
        for which in _ways(pair):
            yield which, pair


def told(which: Which, pair: Pair, why: Reasons) -> dict[str, Any]:
    """Return what is shown of a changed work, with a note that says what changed."""
    return face_of(pair.line) | {"note": _note(which, pair, why)}


def _note(which: Which, pair: Pair, why: Reasons) -> str:
    if which == "removed":
        return why(pair.line.sha256)
    if which in ("relabelled", "relicensed") and pair.before and pair.after:
        names = _LABELS if which == "relabelled" else _RIGHTS
        values = [(name, getattr(pair.before, name), getattr(pair.after, name)) for name in names]
        return "; ".join(f"{name}: {_said(old)} → {_said(new)}" for name, old, new in values if old != new)
    return ""


def _said(value: object) -> str:
    return "not known" if value in (None, "", "unknown") else str(value)


def _ways(pair: Pair) -> Iterator[Which]:
    before, after = pair
    if before is None or after is None:
        yield "added" if before is None else "removed"
        return
    if any(getattr(before, name) != getattr(after, name) for name in _LABELS):
        yield "relabelled"
    if any(getattr(before, name) != getattr(after, name) for name in _RIGHTS):
        yield "relicensed"
    if before.shown and after.shown == 0:
        yield "faded"
    if before.shown == 0 and after.shown:
        yield "surfaced"


def _in_step(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Yield the lines of two lists that are not alike in the order of their works, those of one work together."""
    old, new = next(before, None), next(after, None)
    while old or new:
        if new is None or (old is not None and Line.order_of(old) < Line.order_of(new)):
            yield old, None
            old = next(before, None)
        elif old is None or Line.order_of(new) < Line.order_of(old):
            yield None, new
            new = next(after, None)
        else:
            if old != new:
                yield old, new
            old, new = next(before, None), next(after, None)


def _rows(before: Report, after: Report) -> list[tuple[str, list[Row]]]:
    found = []
    for section in SECTIONS:
        rows = [
            Row(each, before.figure(section.name, each.key), after.figure(section.name, each.key))
            for each in section.figures
        ]
        found.append((section.title, [row for row in rows if row.before is not None or row.after is not None]))
    return [(title, rows) for title, rows in found if rows]


def never_shown(shelf: Shelf, report: Report) -> Iterator[dict[str, Any]]:
    """Yield the works of a report that are among nobody's nearest; raises `ReportDamaged`."""
    return (face_of(shelf.work(report, line)) for line in shelf.lines(report) if Line.never_shown(line))
