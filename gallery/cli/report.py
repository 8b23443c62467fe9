"""`gallery report`: what the collection holds and how good it is, kept, and as a file of HTML."""

from contextlib import closing
from pathlib import Path

import click

from gallery.cli.progress import Bar, Progress
from gallery.cli.stopping import stop_on_signals
from gallery.db import open_database
from gallery.errors import ReportUnwritable
from gallery.holdings.house import House
from gallery.report.making import ReportStopped, make_report
from gallery.report.model import Case, Report
from gallery.report.printing import report_file
from gallery.report.sections import SECTIONS
from gallery.report.words import figure
from gallery.settings import GallerySettings
from indexer.store import open_store
from scraper.disk import whole_file


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a file of HTML too.")
def command(out: Path | None) -> None:
    """Make a report of the collection: what is in, from where, what was removed and why, duplicates, hubs.

    It is kept, and curators see it at /admin/report.
    """
    settings = GallerySettings()
    report = _made(settings)
    for section in SECTIONS:
        click.echo(section.title)
        for each in section.figures:
            click.echo(f"  {each.label:<55} {figure(report.figure(section.name, each.key), each.unit):>12}")
    if out is not None:
        _write(out, report_file(report, settings.thumbnails_dir, settings.site_name))
        click.echo(f"{out}: written")


def _made(settings: GallerySettings) -> Report:
    with (
        closing(open_database(settings.database)) as database,
        closing(open_store(settings)) as store,
        Progress() as progress,
        stop_on_signals() as stopped,
    ):
        bars: dict[str, Bar] = {}

        def say(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = progress.bar(what, total or None)
            bars[what].update(done=done)

        try:
            return make_report(Case(House.of(settings, database, store), settings, stopped, say))
        except ReportStopped as stop:
            raise click.Abort from stop


def _write(out: Path, content: str) -> None:
    try:
        with whole_file(out) as file:
            file.write(content.encode())
    except OSError as error:
        raise ReportUnwritable(out, error.strerror or str(error)) from error
