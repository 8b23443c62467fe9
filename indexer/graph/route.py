"""The shortest way between two works along ties of likeness, searched from both ends at once.

Dijkstra's algorithm (1959) from either side, stopped where the two together have gone as far as the best way found
(Pohl, "Bi-directional Search", 1971). The length of a tie is the cosine distance, so that a way of several small
steps is taken only where one large step would be longer than all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from indexer.graph.file import NO_YEAR, Records, halves

YEAR_BACK, MOST_BACK, UNKNOWN = 0.05, 2.0, 0.25
"""What a tie is longer by, where years count: for each year it goes back, at most, and where a year is not known."""

Ties = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class _Side:
    """One end's part of the search: how far each row is from it, and by which row one comes there."""

    far: dict[int, float]
    back: dict[int, int]
    heap: list[tuple[float, int]]
    done: set[int]
    sign: int

    @classmethod
    def of(cls, ties: Ties, sign: int) -> "_Side":
        far = dict(ties)
        return cls(far, {}, sorted((distance, row) for row, distance in far.items()), set(), sign)


class Graph:
    """A graph ready for questions; all ties lead both ways."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._high = np.ascontiguousarray(records["high"])
        self._years: list[int] = records["year"].tolist()
        heads, slots = np.nonzero(records["near"] >= 0)
        tails = records["near"][heads, slots].astype(np.int64)
        far = records["far"][heads, slots]
        inside = tails < len(records)
        heads, tails, far = heads[inside].astype(np.int64), tails[inside], far[inside]
        keys = np.concatenate([heads * len(records) + tails, tails * len(records) + heads])
        keys, first = np.unique(keys, return_index=True)
        self._far: NDArray[np.float32] = np.concatenate([far, far])[first]
        self._near = (keys % max(1, len(records))).astype(np.int32)
        self._starts = np.searchsorted(keys, np.arange(len(records) + 1) * len(records))

    def __len__(self) -> int:
        return len(self._records)

    def row_of(self, work: str) -> int | None:
        """Return the row of a work, None if the graph does not know it."""
        high, low = halves(work)
        row = int(np.searchsorted(self._high, np.uint64(high)))
        if row < len(self._records) and (int(self._high[row]), int(self._records["low"][row])) == (high, low):
            return row
        return None

    def record(self, row: int) -> np.void:
        """Return what is stored of a row."""
        found: np.void = self._records[row]
        return found

    def route(
        self, starts: Ties, ends: Ties, *, towards: int = 0, without: Collection[int] = ()
    ) -> Sequence[int] | None:
        """Return the rows of the shortest way from any of `starts` to any of `ends`, None if there is none.

        Both give how far each row is from what is meant. `towards` is 1 if years should not go back on the way, -1
        if they should not go forward, 0 if they do not matter.
        """
        ahead, behind = _Side.of(starts, 1), _Side.of(ends, -1)
        best, meeting = min(
            ((ahead.far[row] + behind.far[row], row) for row in starts.keys() & ends), default=(np.inf, -1)
        )
        while ahead.heap and behind.heap and ahead.heap[0][0] + behind.heap[0][0] < best:
            side, other = (ahead, behind) if ahead.heap[0] <= behind.heap[0] else (behind, ahead)
            distance, row = heappop(side.heap)
            if row in side.done:
                continue
            side.done.add(row)
            for near, length in self._ties(row, towards * side.sign):
                further = distance + length
                if near in without or further >= side.far.get(near, np.inf):
                    continue
                side.far[near], side.back[near] = further, row
                heappush(side.heap, (further, near))
                if near in other.far and further + other.far[near] < best:
                    best, meeting = further + other.far[near], near
        return None if meeting < 0 else [*reversed(_back(ahead, meeting)), *_back(behind, meeting)[1:]]

    def _ties(self, row: int, sign: int) -> list[tuple[int, float]]:
        start, end = self._starts[row], self._starts[row + 1]
        near, far = self._near[start:end].tolist(), self._far[start:end].tolist()
        if not sign:
            return list(zip(near, far, strict=True))
        years, year = self._years, self._years[row]
        return [(each, length + _delay(year, years[each], sign)) for each, length in zip(near, far, strict=True)]


def _delay(year: int, following: int, sign: int) -> float:
    if year == NO_YEAR or following == NO_YEAR:
        return UNKNOWN
    back = sign * (year - following)
    return min(MOST_BACK, YEAR_BACK * back) if back > 0 else 0.0


def _back(side: _Side, row: int) -> list[int]:
    way = [row]
    while way[-1] in side.back:
        way.append(side.back[way[-1]])
    return way
