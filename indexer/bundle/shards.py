"""Shards as WebDataset reads them: tar files in which all that belongs to one work has one name.

A work's part is `<sha256>.jpg` (or .png ...), `<sha256>.cls` with the number of its class in `classes.txt`, and
`<sha256>.json` with all that `works.csv` says.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from indexer.bundle.sums import Summed, SumsOf
from indexer.bundle.tarring import END, header, padding, room

FOLDER = "shards"
ALL = "all"
"""What the shards of works that were not split are called by."""


class Shards:
    """The shards of all sides while they are written; works come in the order in which they shall be read."""

    def __init__(self, sums: SumsOf, largest: int) -> None:
        self._sums, self._largest = sums, largest
        self._open: dict[str, Summed] = {}
        self._numbers: dict[str, int] = {}

    def add(self, side: str, key: str, parts: Sequence[tuple[str, bytes]]) -> None:
        """Add what belongs to one work, as pairs of ending and content; it is never parted."""
        file = self._with_room(side, sum(room(f"{key}.{ending}", len(content)) for ending, content in parts))
        for ending, content in parts:
            file.write(header(f"{key}.{ending}", len(content)))
            file.write(content)
            file.write(padding(len(content)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            with file:
                if error is None:
                    file.write(END)

    def _with_room(self, side: str, size: int) -> Summed:
        if side in self._open:
            file = self._open[side]
            if file.size + size + len(END) <= self._largest:
                return file
            with file:
                file.write(END)
        number = self._numbers[side] = self._numbers.get(side, -1) + 1
        file = self._open[side] = self._sums.open(f"{FOLDER}/{side}-{number:06d}.tar")
        return file
