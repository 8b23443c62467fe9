"""`gallery labels`: look for labels that may be wrong."""

import sys
from contextlib import closing

import click

from gallery.cli.progress import Progress
from gallery.cli.stopping import stop_on_signals
from gallery.db import open_database
from gallery.labels.searching import PARTS, SearchStopped, search
from gallery.models.labels import LabelRun
from gallery.settings import GallerySettings
from indexer.pipeline.outcome import INTERRUPTED
from indexer.store import open_store


@click.command()
def command() -> None:
    """Look for artists, movements and years that a work's neighbours contradict; the desk shows them at /admin/labels.

    Stopped or killed, the next run goes on behind the fields that are done. What curators have decided about is never
    asked again.
    """
    settings = GallerySettings()
    with closing(open_store(settings)) as store, closing(open_database(settings.database)) as database:
        with Progress() as progress, stop_on_signals() as stopped:
            bar = progress.bar("labels", 100)
            try:
                run = search(database, store, stopped, lambda what, done: bar.update(done=round(100 * done), note=what))
            except SearchStopped:
                sys.exit(INTERRUPTED)
            bar.update(done=100, note="done")
    click.echo(_told(run))


def _told(run: LabelRun) -> str:
    lines = [f"{run.works:,} works looked through."]
    for what in PARTS:
        if told := run.parts.get(what):
            lines.append(f"{what:9} {told['judged']:7,} judged, {told['found']:,} to look at ({told['new']:,} new)")
            lines += [told["remark"]] if told["remark"] else []
    return "\n".join([*lines, "Next: gallery serve, then /admin/labels"])
