"""What a report says in words where its facts have codes."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import floor, log10
from typing import Any

from gallery.report.model import Unit, Which
from gallery.wording import century

KINDS = {
    "exact": "same pixels",
    "near": "one is all of the other",
    "part": "one is part of the other",
    "alike": "alike by vector alone",
}

VERDICTS = {
    "same-file": "same file",
    "same-work": "same work",
    "variant": "variant, study or copy",
    "detail": "detail of the other",
    "different": "different works",
}

COUNTED_IN = {
    "graph": "Counted in the graph of all neighbours, %s works.",
    "all": "Counted among all %s works.",
    "sample": "Counted among %s works drawn by lot: in all works, more never come.",
}

CHANGES: Mapping[Which, str] = {
    "added": "Works that came",
    "removed": "Works that went",
    "relabelled": "Title, artist, year or movement changed",
    "relicensed": "Licence or credit changed",
    "faded": "Works that never come any more",
    "surfaced": "Works that come now",
}

_MATCHES = {
    "exact": "the artist by name",
    "alias": "another name of the artist",
    "weak": "a part of the name",
    "none": "another name",
    "not-stated": "nothing",
}

_STAGES = {
    "find": "finding",
    "robots": "robots.txt",
    "guard": "guard",
    "fetch": "fetching",
    "decode": "decoding",
    "policy": "policy",
    "duplicate": "duplicate",
}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def figure(value: float | None, unit: Unit = "count") -> str:
    """Return a figure as it is written, a dash where it is not known."""
    if value is None:
        return "–"
    if unit == "share":
        # Nothing is called all, or none, that is not.
        shown = f"{100 * value:.1f}"
        return "over 99.9 %" if shown == "100.0" and value < 1 else f"{shown.removesuffix('.0')} %"
    if unit == "number":
        return f"{value:.2f}"
    if unit == "bytes":
        return _size(value)
    return f"{value:,.0f}"


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{size:,.0f} bytes" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def day(of: str) -> str:
    """Return a date such as 2026-03-07 as people write it."""
    year, month, number = of[:10].split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {year}"


def ticks(most: float) -> list[float]:
    """Return one to three round numbers up to `most`, for the scale beside a plot; none where there is nothing."""
    if most < 1:
        return []
    step = 10 ** floor(log10(most))
    size = max(1, next(step * share for share in (0.25, 0.5, 1, 2, 5) if most < 4 * step * share))
    return [size * number for number in range(1, int(most / size) + 1)]


def placed(points: Sequence[tuple[str, int]]) -> list[tuple[float, int]]:
    """Return where along its axis each day stands, 0 to 1, with what was held then; a step stays a step."""
    days = [date.fromisoformat(name).toordinal() for name, _ in points]
    span = max(1, days[-1] - days[0])
    found: list[tuple[float, int]] = []
    for at, (_, held) in zip(days, points, strict=True):
        place = (at - days[0]) / span
        found += [(place, found[-1][1])] if found else []
        found.append((place, held))
    return found


def centuries(counted: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    """Return centuries by their names, e.g. "19th century"."""
    return [(century(100 * number - (100 if number > 0 else 1)), count) for number, count in counted]


def spans(spread: Sequence[tuple[int, int, int]]) -> list[tuple[str, int]]:
    """Return how often works come, as it stands under a bar: each bar reaches to the next."""
    return [(str(low), count) for low, _, count in spread]


def said_of_artist(counted: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return in words what sources say of the artist."""
    return [(_MATCHES.get(code, code), count) for code, count in counted]


def named_verdicts(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the verdicts that were given, in words."""
    return [(word, counted[code]) for code, word in VERDICTS.items() if counted.get(code)]


def refusals(counted: Sequence[tuple[str, str, int]]) -> list[tuple[str, int]]:
    """Return in words at which step and why something was refused."""
    return [(f"{_STAGES.get(stage, stage)}: {reason or 'no reason given'}", count) for stage, reason, count in counted]


def more(change: float, unit: Unit) -> str:
    """Return how much more something is, with its sign; in points where it is a share."""
    sign = "+" if change > 0 else "−"
    if unit == "share":
        return f"{sign}{100 * abs(change):.1f} points"
    return sign + figure(abs(change), unit)


FILTERS: Mapping[str, Any] = {"figure": figure, "day": day}
GLOBALS: Mapping[str, Any] = {
    "ticks": ticks,
    "placed": placed,
    "centuries": centuries,
    "spans": spans,
    "said_of_artist": said_of_artist,
    "named_verdicts": named_verdicts,
    "refusals": refusals,
    "more": more,
    "CHANGES": CHANGES,
    "KINDS": KINDS,
    "COUNTED_IN": COUNTED_IN,
}
