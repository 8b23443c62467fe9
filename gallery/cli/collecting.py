"""What `scrape` and `import` have in common: run in the foreground, show it, stop on Ctrl-C, sum it up."""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from gallery.cli.progress import Bar, Progress, minutes, printable
from scraper.model import ArtistQuery, Candidate, Skip
from scraper.outcome import DEADLINE, INTERRUPTED, NO_ARTIST, Event, Failed, Found, How, Outcome, Skipped, Stored
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources import Source
from scraper.stand_in import read_stand_in

UNLIMITED = sys.maxsize
_MOST_LISTED = 10
_HARD_AFTER_SECONDS = 30.0
_HARD_AFTER_CTRL_C = 3.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is shown: one JSON event a line on stdout, each picture by name, or sums alone."""

    dry_run: bool = False
    as_json: bool = False
    verbose: bool = False


def collect(
    query: ArtistQuery, sources: Sequence[Source], settings: ScraperSettings, manner: Manner, deadline: float | None
) -> None:
    """Run, sum up, and exit with the outcome's code; raises `ScraperError` when nothing could begin."""
    stand_in = read_stand_in()
    if stand_in is not None:
        click.echo(
            "Stand-in map is set: only the sites it names can be reached, and they are not the real ones.", err=True
        )
    quiet = manner.dry_run or (manner.as_json and not sys.stderr.isatty())
    with Progress(quiet=quiet) as progress, said_by(progress), _ended_hard_after(deadline):
        show = _Show(progress, query, manner)

        async def run() -> Outcome:
            stop = _stop_on_signals(progress)
            return await scrape(
                query,
                sources,
                settings,
                stand_in=stand_in,
                dry_run=manner.dry_run,
                deadline=deadline,
                stop=stop,
                notify=show.event,
            )

        try:
            outcome = asyncio.run(run())
        except asyncio.CancelledError:
            sys.exit(INTERRUPTED)
    show.sum_up(outcome, deadline)
    sys.exit(outcome.exit_code)


def _stop_on_signals(progress: Progress) -> asyncio.Event:
    """Stop gently at the first Ctrl-C or SIGTERM, at once at the second."""
    stop, loop, task = asyncio.Event(), asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def on_signal() -> None:
        if not stop.is_set():
            progress.say("Stopping: what is under way is finished first (Ctrl-C again stops now).")
            stop.set()
        else:
            task.cancel()
            loop.call_later(_HARD_AFTER_CTRL_C, os._exit, INTERRUPTED)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    return stop


@contextmanager
def _ended_hard_after(deadline: float | None) -> Iterator[None]:
    """End the process when it goes on long beyond its deadline, say because a browser's driver hangs."""
    if deadline is None:
        yield
        return
    timer = threading.Timer(deadline + _HARD_AFTER_SECONDS, os._exit, [DEADLINE])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Saying(logging.Handler):
    """Log lines above the bars."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.WARNING)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Say the line."""
        self._progress.say(record.getMessage())


@contextmanager
def said_by(progress: Progress) -> Iterator[None]:
    """Let warnings of the log be said above the bars meanwhile."""
    handler = _Saying(progress)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


@dataclass(slots=True)
class _Sums:
    bar: Bar
    found: int = 0
    kept: int = 0
    notes: Counter[str] = field(default_factory=Counter)


class _Show:
    """Turns events into bars, lines and the closing words."""

    def __init__(self, progress: Progress, query: ArtistQuery, manner: Manner) -> None:
        self._progress, self._query, self._manner = progress, query, manner
        self._sums: dict[str, _Sums] = {}

    def event(self, event: Event) -> None:
        """Show what has happened."""
        if self._manner.as_json:
            click.echo(json.dumps(_as_json(event), ensure_ascii=False))
        sums = self._of(event.source)
        match event:
            case Found():
                sums.found += 1
                if self._manner.dry_run and not self._manner.as_json:
                    click.echo(printable(_told(event.candidate)))
            case Stored():
                sums.kept += event.how != "duplicate"
                sums.notes[_WORDS[event.how]] += 1
                if self._manner.verbose:
                    self._progress.say(f"{event.how}: {event.record.title} ({event.record.artist}) {event.address}")
            case Skipped():
                sums.notes[event.skip.reason] += 1
                if self._manner.verbose:
                    self._progress.say(_why(event.skip))
            case Failed():
                self._progress.say(f"gallery: {event.error}")
        note = " · ".join(f"{count:,} {word}" for word, count in [("found", sums.found), *sums.notes.items()])
        sums.bar.update(done=sums.kept, note=note)

    def _of(self, source: str) -> _Sums:
        if source not in self._sums:
            total = None if self._query.limit == UNLIMITED else self._query.limit
            self._sums[source] = _Sums(self._progress.bar(source, total))
        return self._sums[source]

    def sum_up(self, outcome: Outcome, deadline: float | None) -> None:
        """Say what came of the run and what to do next."""
        if self._manner.as_json:
            click.echo(json.dumps(_sums(outcome)))
        if outcome.errors and not outcome.found and not outcome.skips:
            # The error has been said, and there is nothing to add to it.
            return
        for line in _closing(outcome, self._manner, deadline):
            click.echo(printable(line), err=self._manner.as_json)
        if outcome.fatal:
            click.echo(printable(f"gallery: {outcome.fatal}"), err=True)


_WORDS: dict[How, str] = {"new": "new", "changed": "updated", "same": "known", "duplicate": "duplicate"}


def _closing(outcome: Outcome, manner: Manner, deadline: float | None) -> list[str]:
    counts = outcome.counts
    if manner.dry_run:
        lines = [f"{outcome.found:,} found. Nothing was fetched or kept: this was a dry run."]
    else:
        sums = {word: counts[how] for how, word in _WORDS.items()} | {"skipped": len(outcome.skips)}
        said = ", ".join(f"{count:,} {word}" for word, count in sums.items() if count)
        lines = [f"{outcome.found:,} found{': ' if said else ''}{said}."]
    lines += _skipped(outcome.skips, manner.verbose)
    if outcome.stopped == "interrupted":
        lines.append("Stopped. The same command goes on from here.")
    if outcome.stopped == "deadline":
        lines.append(f"Out of time ({minutes(deadline or 0)}). The same command goes on from here.")
    if any(skip.reason == "unavailable" for skip in outcome.skips) and not outcome.stopped:
        lines.append("Some addresses did not answer; the same command tries them again.")
    if counts["new"] or counts["changed"]:
        lines.append("Next: gallery index")
    return lines


def _skipped(skips: Sequence[Skip], verbose: bool) -> list[str]:
    lines = []
    if skips:
        sums = Counter(skip.reason for skip in skips)
        lines.append("Skipped: " + ", ".join(f"{count:,} {reason}" for reason, count in sums.most_common()))
    # In a verbose run each has been named already.
    listed = [] if verbose else [skip for skip in skips if skip.reason != NO_ARTIST][:_MOST_LISTED]
    lines += ["  " + _why(skip) for skip in listed]
    without = sum(skip.reason == NO_ARTIST for skip in skips)
    if not verbose and len(skips) - without > len(listed):
        lines.append(f"  ... and {len(skips) - without - len(listed):,} more; -v names all")
    if without:
        lines.append(
            f"{without:,} pictures have no artist. Add --artist NAME, or a metadata.csv with the columns file, artist, "
            "title, year."
        )
    return lines


def _why(skip: Skip) -> str:
    return f"{skip.url}: {skip.reason}" + (f" - {skip.detail}" if skip.detail else "")


def _told(candidate: Candidate) -> str:
    said = [candidate.title, candidate.artist_text, candidate.year_text]
    address = candidate.path or next(iter(candidate.image_urls), "")
    return "  ".join([", ".join(text for text in said if text) or "(untitled)", address])


def _sums(outcome: Outcome) -> dict[str, object]:
    sums: dict[str, object] = {how: outcome.counts[how] for how in _WORDS}
    ended = {"skipped": len(outcome.skips), "stopped": outcome.stopped, "exit_code": outcome.exit_code}
    return {"event": "done", "found": outcome.found, **sums, **ended}


def _as_json(event: Event) -> dict[str, object]:
    match event:
        case Found(source, candidate):
            where = candidate.path or next(iter(candidate.image_urls), "")
            return {"event": "found", "source": source, "address": where, "title": candidate.title}
        case Stored(source, address, record, how):
            known = {"sha256": record.picture.sha256, "artist": record.artist, "title": record.title}
            return {"event": "stored", "source": source, "address": address, "how": how, **known}
        case Skipped(source, skip):
            why = {"stage": skip.stage, "reason": skip.reason, "detail": skip.detail, "tries": skip.tries}
            return {"event": "skipped", "source": source, "address": skip.url, **why}
        case Failed(source, error):
            return {"event": "failed", "source": source, "error": str(error), "exit_code": error.exit_code}
