"""The process that collects for a job: `python -m gallery.jobs.collector ID`, started by `collecting`.

It touches neither database nor collection: one line of JSON on stdin says what to do, events go out on stdout as
lines of JSON, and when stdin is closed it ends in good order. The id is for whoever looks at a list of processes.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from gallery.jobs.order import Order
from scraper.choosing import choose
from scraper.errors import ScraperError
from scraper.library import Library
from scraper.model import ArtistQuery, Licence
from scraper.outcome import Event, Failed, Found, Outcome, Skipped, Stored
from scraper.priority import step_back
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources import Source
from scraper.sources.csv_table import stated_licence
from scraper.sources.folder import Folder
from scraper.stand_in import read_stand_in

# Longer than a stopped run takes, and shorter than a parent's patience.
_HARD_AFTER_SECONDS = 8.0
_DEADLINE_GRACE_SECONDS = 30.0


def main() -> None:
    """Collect as ordered and say what came of it."""
    order = Order.from_json(sys.stdin.readline())
    settings = ScraperSettings(**order.settings)
    step_back(5)
    try:
        outcome = asyncio.run(_collect(order, settings))
    except ScraperError as error:
        say({"event": "failed", "source": "", "error": str(error)})
        say({"event": "end", "exit_code": error.exit_code, "error": str(error)})
        return
    say(_sums(outcome))
    if order.preview and not order.folder:
        asyncio.run(_offer_facts(order, settings))
    if order.preview and outcome.kept:
        from gallery.jobs.likenesses import look

        for finding in look(order, settings):
            say({"event": "preview", **finding})
    say({"event": "over"})


async def _collect(order: Order, settings: ScraperSettings) -> Outcome:
    stop = asyncio.Event()
    _until_hung_up(asyncio.get_running_loop(), stop.set)
    query = ArtistQuery(order.artist, tuple(order.aliases), order.limit, tuple(order.pages))
    hard = threading.Timer(order.seconds + _DEADLINE_GRACE_SECONDS, os._exit, [124])
    hard.daemon = True
    hard.start()
    return await scrape(
        query,
        _sources(order, settings),
        settings,
        stand_in=read_stand_in(),
        deadline=order.seconds,
        stop=stop,
        keeping=Library(Path(order.library)) if order.library else None,
        notify=lambda event: say(_told(event)),
    )


async def _offer_facts(order: Order, settings: ScraperSettings) -> None:
    from gallery.jobs import wikidata
    from scraper.session import open_reach

    try:
        async with asyncio.timeout(wikidata.SECONDS), open_reach(settings, read_stand_in()) as reach:
            say({"event": "facts", "facts": await wikidata.facts(reach.web, order.artist, order.wikidata)})
    except (ScraperError, TimeoutError, AttributeError, TypeError) as error:
        # Out of reach, or an answer of another shape than ever before: the preview does without.
        sys.stderr.write(f"Wikidata: {error}\n")


def _sources(order: Order, settings: ScraperSettings) -> list[Source]:
    if order.folder:
        rights = stated_licence(order.licence, "upload") if order.licence else Licence()
        return [Folder(replace(rights, credit=order.credit))]
    return list(choose(order.sources, settings, with_pages=bool(order.pages)))


def _until_hung_up(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop)
        hard = threading.Timer(_HARD_AFTER_SECONDS, os._exit, [130])
        hard.daemon = True
        hard.start()

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def say(message: dict[str, Any]) -> None:
    """Write a line for the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _told(event: Event) -> dict[str, Any]:
    match event:
        case Found(source, _):
            return {"event": "found", "source": source}
        case Stored(source, address, record, how):
            known = {"sha256": record.picture.sha256, "title": record.title}
            return {"event": "stored", "source": source, "address": address, "how": how, **known}
        case Skipped(source, skip):
            why = {"reason": skip.reason, "detail": skip.detail}
            return {"event": "skipped", "source": source, "address": skip.url, **why}
        case Failed(source, error):
            return {"event": "failed", "source": source, "error": str(error)}


def _sums(outcome: Outcome) -> dict[str, Any]:
    return {
        "event": "end",
        "exit_code": outcome.exit_code,
        "stopped": outcome.stopped,
        "error": str(outcome.fatal) if outcome.fatal else None,
        "unfinished": outcome.unfinished,
        "found": outcome.found,
        "skipped": len(outcome.skips),
        **{how: outcome.counts[how] for how in ("new", "changed", "same", "duplicate")},
    }


if __name__ == "__main__":
    main()
