"""What long work shows: plain lines now and then in a log, bars in a terminal, and no control characters in either."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.cli.progress import Progress, minutes, printable, rate


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_ten_seconds_and_one_at_the_end() -> None:
    log, clock = io.StringIO(), Clock()
    with Progress(log, clock=clock) as progress:
        bar = progress.bar("commons", total=100)
        for done in range(1, 26):
            clock.now += 1
            bar.update(done=done, note="3 duplicate")
    assert log.getvalue().splitlines() == [
        "commons 10/100 · 3 duplicate · 1.0/s · 0:10",
        "commons 20/100 · 3 duplicate · 1.0/s · 0:20",
        "commons 25/100 · 3 duplicate · 1.0/s · 0:25",
    ]


def test_what_is_done_is_told_once_with_the_time_it_took() -> None:
    log, clock = io.StringIO(), Clock()
    with Progress(log, clock=clock) as progress:
        first, second = progress.bar("reading", total=5), progress.bar("embedding", total=40)
        clock.now = 2
        first.update(done=5)
        for done in (10, 20, 30):
            clock.now = done
            second.update(done=done)
    assert log.getvalue().splitlines() == [
        "reading 5/5 · 2.5/s · 0:02",
        "embedding 10/40 · 1.0/s · 0:10",
        "embedding 20/40 · 1.0/s · 0:20",
        "embedding 30/40 · 1.0/s · 0:30",
        "embedding 30/40 · 1.0/s · 0:30",
    ]


def test_what_is_said_comes_at_once_and_on_one_line() -> None:
    log = io.StringIO()
    with Progress(log, quiet=True) as progress:
        progress.bar("commons").advance(3)
        progress.say("a title\x1b[31m in red\nand another line")
    assert log.getvalue() == "a title [31m in red and another line\n"


@pytest.mark.parametrize("total", [None, 4])
def test_a_terminal_gets_a_bar(total: int | None) -> None:
    terminal = Terminal()
    with Progress(terminal) as progress:
        bar = progress.bar("commons [bold]", total)
        bar.advance()
        bar.update(done=4, total=4, note="1 [red]duplicate[/red] \x1b[31m")
        progress.say("[link]said[/link]\x07")
    shown = terminal.getvalue()
    for part in ("commons [bold]", "4/4", "1 [red]duplicate[/red]", "[link]said[/link]"):
        assert part in shown
    assert "\x07" not in shown


@given(st.text())
def test_nothing_unprintable_comes_through(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


def test_numbers_are_readable() -> None:
    assert (rate(0, 10), rate(5, 0.1), rate(25, 10)) == ("", "", "2.5/s")
    assert (minutes(0), minutes(75.9), minutes(3661)) == ("0:00", "1:15", "61:01")
