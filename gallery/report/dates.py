"""Reports by date, as addresses and commands name them: a day, a moment, or two of them with two dots between."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time

from gallery.errors import NoReport
from gallery.report.model import Report
from gallery.report.shelf import Shelf
from gallery.report.words import day

BETWEEN = ".."
"""What stands between two dates in an address."""

_WHEN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{6})Z)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """The report that stands for a date, with what has to be said of it: that it is an earlier one, or a later."""

    report: Report
    remarks: tuple[str, ...] = ()


def moment_of(text: str) -> datetime | None:
    """Return the moment that is named: of a day its last (UTC); None for what is no date."""
    found = _WHEN.fullmatch(text)
    if not found:
        return None
    try:
        date = datetime.strptime(found[1], "%Y-%m-%d").replace(tzinfo=UTC)
        clock = datetime.strptime(found[2], "%H%M%S").time() if found[2] else time(23, 59, 59, 999_999)
    except ValueError:
        return None
    return datetime.combine(date, clock, UTC)


def report_at(shelf: Shelf, text: str) -> Found:
    """Return the report of a date: the last that was made by then, or the first of all if none was.

    Raises `NoReport` for what is no date, and where there are no reports that can be read.
    """
    moment = moment_of(text)
    if moment is None:
        raise NoReport(f"{text[:40]!r} is not a date. Write one such as 2026-03-07.")
    report, damaged = shelf.latest(moment)
    remarks = [str(each) for each in damaged]
    if report is None:
        report = _first(shelf)
        remarks.append(f"No report had been made by {day(text)}: this is the first, of {day(report.mark)}.")
    elif not report.mark.startswith(text[:10]):
        remarks.append(f"No report was made on {day(text)}: this is the last before, of {day(report.mark)}.")
    elif len(text) > len("2026-03-07") and report.mark != text:
        remarks.append(f"No report was made at that moment: this is the last before, of {_clock(report)} UTC.")
    return Found(report, tuple(remarks))


def reports_between(shelf: Shelf, text: str) -> tuple[Found, Found]:
    """Return the reports of two dates with two dots between, the earlier first; raises `NoReport`."""
    one, _, other = text.partition(BETWEEN)
    moments = [moment_of(each) for each in (one, other)]
    if None not in moments and moments[0] > moments[1]:  # type: ignore[operator]
        one, other = other, one
    return report_at(shelf, one), report_at(shelf, other)


def _first(shelf: Shelf) -> Report:
    for moment in reversed(shelf.moments()):
        report, _ = shelf.latest(moment)
        if report is not None:
            return report
    raise NoReport("No report has been made that can be read.")


def _clock(report: Report) -> str:
    return f"{report.made_at:%H:%M:%S}"
