"""How long work shows where it is: bars in a terminal, a plain line every ten seconds elsewhere.

    with Progress() as progress:
        bar = progress.bar("indexing", total=2400)
        bar.update(done=37, note="3 skipped")
        progress.say("a sentence that stays above the bars")

Everything goes to stderr, so that stdout stays free for results.
"""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.progress import Progress as RichProgress
from rich.table import Column
from rich.text import Text

EVERY_SECONDS = 10.0


class Progress:
    """The bars of one piece of work; safe to use from several threads."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        every: float = EVERY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._quiet, self._every, self.clock = quiet, every, clock
        self._bars: list[Bar] = []
        self._last_lines = clock()
        self._rich = None if quiet or not self._stream.isatty() else _rich(self._stream)

    def bar(self, label: str, total: int | None = None) -> "Bar":
        """Add a bar; without a total it only counts."""
        task = self._rich.add_task(printable(label), total=total, note="") if self._rich else None
        bar = Bar(self, printable(label), total, task)
        self._bars.append(bar)
        return bar

    def say(self, line: str) -> None:
        """Write a line that stays; control characters of foreign texts are not let through."""
        if self._rich:
            self._rich.console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
        else:
            print(printable(line), file=self._stream, flush=True)

    def changed(self, bar: "Bar") -> None:
        """Show a bar's new state: at once in a terminal, elsewhere when ten seconds have gone by."""
        if self._rich and bar.task is not None:
            self._rich.update(bar.task, completed=bar.done, total=bar.total, note=bar.note)
        elif self.clock() - self._last_lines >= self._every:
            self._lines()

    def _lines(self) -> None:
        self._last_lines = self.clock()
        if not self._quiet and not self._rich:
            for bar in self._bars:
                if not bar.told:
                    print(bar, file=self._stream, flush=True)
                    bar.told = bar.ended is not None

    def __enter__(self) -> Self:
        if self._rich:
            self._rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich:
            self._rich.stop()
        self._lines()


class Bar:
    """One bar: how much is done, of how much, with a note in words."""

    def __init__(self, progress: Progress, label: str, total: int | None, task: TaskID | None) -> None:
        self._progress, self._started = progress, progress.clock()
        self.label, self.total, self.task, self.done, self.note = label, total, task, 0, ""
        # When all was done, and whether a plain line has said so: it is not said again.
        self.ended: float | None = None
        self.told = False

    def update(self, *, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Set whatever is given."""
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        self.note = self.note if note is None else printable(note)
        if self.ended is None and self.total is not None and self.done >= self.total:
            self.ended = self._progress.clock()
        self._progress.changed(self)

    def advance(self, by: int = 1) -> None:
        """Add to what is done."""
        self.update(done=self.done + by)

    def __str__(self) -> str:
        seconds = (self.ended or self._progress.clock()) - self._started
        count = f"{self.done:,}/{self.total:,}" if self.total is not None else f"{self.done:,}"
        parts = [f"{self.label} {count}", self.note, rate(self.done, seconds), minutes(seconds)]
        return " · ".join(part for part in parts if part)


def printable(text: str) -> str:
    """Return `text` on one line without control characters, which could move the cursor or colour the screen."""
    return "".join(c if c.isprintable() else " " for c in text)


def rate(done: int, seconds: float) -> str:
    """Return a speed such as "12.3/s"; nothing while it cannot be told."""
    return f"{done / seconds:.1f}/s" if done and seconds > 0.5 else ""


def minutes(seconds: float) -> str:
    """Return a length of time as m:ss."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class _Counted(ProgressColumn):
    """The numbers of a bar, in the same words as the plain line."""

    def render(self, task: Task) -> Text:
        done, seconds = int(task.completed), task.elapsed or 0.0
        count = f"{done:,}/{int(task.total):,}" if task.total is not None else f"{done:,}"
        return Text(" · ".join(part for part in (count, rate(done, seconds), minutes(seconds)) if part))


def _rich(stream: TextIO) -> RichProgress:
    return RichProgress(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        _Counted(),
        TextColumn("{task.fields[note]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        console=Console(file=stream),
        expand=True,
    )
