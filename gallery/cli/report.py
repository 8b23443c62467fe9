"""`gallery report`: what the collection holds and how good it is, kept, and as a file of HTML."""

from contextlib import closing
from pathlib import Path

import click

from gallery.cli.progress import Bar, Progress
from gallery.cli.stopping import stop_on_signals
from gallery.db import open_database
from gallery.errors import ReportUnwritable
from gallery.holdings.house import House
from gallery.report.dates import Found, report_at
from gallery.report.making import ReportStopped, make_report
from gallery.report.model import Case, Report
from gallery.report.printing import difference_file, report_file
from gallery.report.reasons import compared
from gallery.report.sections import SECTIONS
from gallery.report.shelf import Shelf
from gallery.report.words import CHANGES, figure, more
from gallery.settings import GallerySettings
from indexer.store import open_store
from scraper.disk import whole_file
from scraper.library import Library


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a file of HTML too.")
@click.option("--since", metavar="DATE", help="Compare with the report of this date instead, or the last before it.")
@click.option("--until", metavar="DATE", help="The later date; without it, a report is made now.")
def command(out: Path | None, since: str | None, until: str | None) -> None:
    """Make a report of the collection: what is in, from where, what was removed and why, duplicates, hubs.

    It is kept, and curators see it at /admin/report. With --since, what has changed between two reports.
    """
    if until and not since:
        raise click.UsageError("--until needs --since.")
    settings = GallerySettings()
    if since:
        html = _compared(settings, since, until)
    else:
        report = _made(settings)
        _say(report)
        html = report_file(report, settings.thumbnails_dir, settings.site_name)
    if out is not None:
        _write(out, html)
        click.echo(f"{out}: written")


def _say(report: Report) -> None:
    for section in SECTIONS:
        click.echo(section.title)
        for each in section.figures:
            if not each.minor:
                click.echo(f"  {each.label:<55} {figure(report.figure(section.name, each.key), each.unit):>12}")


def _compared(settings: GallerySettings, since: str, until: str | None) -> str:
    shelf = Shelf(settings.reports_dir)
    before = report_at(shelf, since)
    later = report_at(shelf, until) if until else Found(_made(settings))
    for remark in dict.fromkeys([*before.remarks, *later.remarks]):
        click.echo(remark)
    with closing(open_database(settings.database)) as database:
        found = compared(Library(settings.library_dir), database, shelf, before.report, later.report)
    if found.problem:
        click.echo(found.problem)
    for which, words in CHANGES.items():
        click.echo(f"{words:<57} {found.counts[which]:>12,}")
    for title, rows in found.rows:
        for row in rows:
            if row.change:
                was, is_now = (figure(each, row.figure.unit) for each in (row.before, row.after))
                click.echo(f"{title}: {row.figure.label}: {was} -> {is_now} ({more(row.change, row.figure.unit)})")
    return difference_file(found, settings.thumbnails_dir, settings.site_name)


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
