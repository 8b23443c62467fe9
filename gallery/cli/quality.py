"""`gallery quality`: look for pictures that may have something wrong with them."""

import sys
from contextlib import closing

import click

from gallery.cli.progress import Bar, Progress
from gallery.cli.stopping import stop_on_signals
from gallery.db import open_database
from gallery.holdings.house import House
from gallery.models.quality import count_open
from gallery.quality.deciding import NAMES
from gallery.quality.finding import LookingStopped, look
from gallery.settings import GallerySettings
from indexer.pipeline.outcome import INTERRUPTED
from indexer.store import open_store


@click.command()
def command() -> None:
    """Measure pictures that were not measured yet, from their thumbnails, and judge all of them again.

    What curators have called fine is not asked again. Stopped or killed, the same command goes on from there.
    """
    settings = GallerySettings()
    with closing(open_database(settings.database)) as database, closing(open_store(settings)) as store:
        house = House.of(settings, database, store)
        with Progress() as progress, stop_on_signals() as stopped:
            bars: dict[str, Bar] = {}

            def watch(what: str, done: int, total: int) -> None:
                if what not in bars:
                    bars[what] = progress.bar(what, total)
                bars[what].update(done=done, total=total)

            try:
                new = look(house, stopped, watch, everything=True)
            except LookingStopped:
                click.echo("Stopped. The same command goes on from here.")
                sys.exit(INTERRUPTED)
        with database.reading() as session:
            alarms, notes = count_open(session), count_open(session, notes=True)
    for kind, name in NAMES.items():
        click.echo(f"{name:16} {alarms.get(kind, 0):7,}   and {notes.get(kind, 0):,} to note")
    click.echo(f"{new:,} of these are new. To decide about them: /admin/quality")
