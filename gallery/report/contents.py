"""The section of what is in: works by artist, movement, year, size and format, what is not known, and growth."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gallery.report.model import Case, Facts, Figure, Section
from indexer.hubs import gini
from indexer.store.model import Artwork
from scraper.library import SUFFIXES

LISTED = 15
"""Names that a list has at most; the others are counted together."""

FEW = 5
"""Works below which little can be said of an artist, or learned."""

_MOST_BARS, _MOST_POINTS = 48, 90
_WIDTHS = (1, 5, 10, 25, 50, 100, 250, 500, 1000)
_SIDES = (300, 600, 1200, 2400, 4800)
_STATED = ("year", "movement", "medium", "institution")


class Contents(Section):
    """Counts works by everything that is told of them."""

    name, title = "contents", "What is in"
    figures = (
        Figure("works", "Works"),
        Figure("artists", "Artists"),
        Figure("movements", "Movements"),
        Figure("pictures", "Original pictures in the library"),
        Figure("bytes", "Their size", "bytes"),
        Figure("few", "Artists with few works"),
        Figure("uneven", "Gini of works by artist", "number"),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._artists: Counter[str] = Counter()
        self._movements: Counter[str] = Counter()
        self._years: Counter[int] = Counter()
        self._formats: Counter[str] = Counter()
        self._sides: Counter[int] = Counter()
        self._days: Counter[int] = Counter()
        self._stated: Counter[str] = Counter()
        self._works = 0

    def see(self, works: Sequence[Artwork]) -> None:
        """Count some works."""
        self._works += len(works)
        for work in works:
            self._artists[work.artist] += 1
            self._movements[work.movement or ""] += 1
            self._formats[work.format] += 1
            longest = max(work.width, work.height)
            self._sides[sum(longest >= side for side in _SIDES)] += 1
            self._days[int(work.added_at // 86_400)] += 1
            if work.year is not None:
                self._years[work.year] += 1
            for name in _STATED:
                self._stated[name] += getattr(work, name) is not None

    def facts(self) -> Facts:
        """Return what was counted."""
        del self._movements[""]
        pictures, size = pictures_in(self._case.house.library.root)
        few = sum(count < FEW for count in self._artists.values())
        return {
            "works": self._works,
            "artists": len(self._artists),
            "movements": len(self._movements),
            "pictures": pictures,
            "bytes": size,
            "few": few,
            "few_below": FEW,
            "uneven": round(gini(np.array(list(self._artists.values()))), 4),
            "top_artists": top(self._artists),
            "top_movements": top(self._movements),
            "centuries": by_century(self._years),
            "years": histogram(self._years),
            "formats": top(self._formats),
            "sides": [[label, self._sides[at]] for at, label in enumerate(_side_labels())],
            "stated": [[name, self._stated[name]] for name in _STATED],
            "growth": _growth(self._days),
        }


def top(counts: Counter[str], most: int = LISTED) -> dict[str, Any]:
    """Return the most frequent names with their counts, and how many others have how much together."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    others = ranked[most:]
    return {
        "named": [list(pair) for pair in ranked[:most]],
        "others": len(others),
        "their": sum(count for _, count in others),
    }


def histogram(years: Mapping[int, int]) -> dict[str, Any]:
    """Return works by spans of years: the first year of each bar with its count, and what lies outside.

    A hundredth of the works at either end is left out where it would stretch the axis: a work of antiquity among
    paintings, or a year that is a mistake.
    """
    whole = sum(years.values())
    if not whole:
        return {"width": 1, "bars": [], "before": 0, "after": 0}
    first, last = _span(sorted(years.items()), whole)
    width = next((each for each in _WIDTHS if last // each - first // each < _MOST_BARS), _WIDTHS[-1])
    begin = max(first // width, last // width - _MOST_BARS + 1)
    inside: Counter[int] = Counter()
    for year, count in years.items():
        inside[year // width] += count
    end = last // width
    return {
        "width": width,
        "bars": [[bar * width, inside[bar]] for bar in range(begin, end + 1)],
        "before": sum(count for bar, count in inside.items() if bar < begin),
        "after": sum(count for bar, count in inside.items() if bar > end),
    }


def _span(ordered: Sequence[tuple[int, int]], whole: int) -> tuple[int, int]:
    least, most = ordered[0][0], ordered[-1][0]
    below, below_last = 0, whole / 100
    first, last = least, most
    for year, count in ordered:
        if below <= below_last < below + count:
            first = year
        if below < whole - below_last <= below + count:
            last = year
        below += count
    # What hardly stretches the axis is shown.
    wide = max(last - first, 20)
    return (least if first - least <= wide // 2 else first), (most if most - last <= wide // 2 else last)


def by_century(years: Mapping[int, int]) -> list[list[int]]:
    """Return works by century, as a number: 15 for 1400 to 1499, 0 and below before our time."""
    found: Counter[int] = Counter()
    for year, count in years.items():
        found[year // 100 + 1 if year >= 0 else -(-year // 100)] += count
    return [list(pair) for pair in sorted(found.items())[-LISTED:]]


def _side_labels() -> list[str]:
    between = [f"{low:,} to {high - 1:,} px" for low, high in zip(_SIDES, _SIDES[1:], strict=False)]
    return [f"under {_SIDES[0]} px", *between, f"{_SIDES[-1]:,} px and more"]


def _growth(days: Mapping[int, int]) -> list[list[Any]]:
    """Return how many of the works had come by the end of a day, for each day or, of many, some of them."""
    ordered = sorted(days.items())
    sums = np.cumsum([count for _, count in ordered]) if ordered else np.zeros(0)
    chosen: Iterable[int] = range(len(ordered))
    if len(ordered) > _MOST_POINTS:
        chosen = sorted({round(at) for at in np.linspace(0, len(ordered) - 1, _MOST_POINTS)})
    return [[_date(ordered[at][0]), int(sums[at])] for at in chosen]


def _date(day: int) -> str:
    # A clock that was wrong when a work came in must not take the report with it.
    bounded = min(max(day, -700_000), 2_900_000)
    return f"{(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=bounded)):%Y-%m-%d}"


def pictures_in(library: Path) -> tuple[int, int]:
    """Return how many original pictures a library holds, and their bytes; none where there is no library."""
    suffixes = frozenset(SUFFIXES.values())
    count = size = 0
    for folder in library.glob("pictures/??"):
        with os.scandir(folder) as files:
            for file in files:
                # One that is replaced by a larger copy at this moment is counted the next time.
                with suppress(FileNotFoundError):
                    if Path(file.name).suffix in suffixes:
                        count, size = count + 1, size + file.stat().st_size
    return count, size
