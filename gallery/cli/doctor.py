"""`gallery doctor`: look at everything the gallery needs and say what to do where something is amiss."""

import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from textwrap import fill

import click

from gallery.checkup.finding import Case, Finding, Verdict, fault
from gallery.settings import GallerySettings
from scraper.settings import ScraperSettings

# Modules of gallery.checkup, in an order in which mending one helps the next.
PARTS = ("packages", "settings", "disk", "browser", "guard", "weights", "store")

COLOURS: Mapping[Verdict, str] = {"ok": "green", "note": "yellow", "fault": "red"}
WIDTH = 120
INDENT = " " * 15


@click.command()
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Look at this part alone; may be repeated.")
@click.option("--install-browser", is_flag=True, help="Get a browser if none is found.")
def command(only: tuple[str, ...], install_browser: bool) -> None:
    """Check that all the gallery needs is in place. Ends with 1 if something must be mended."""
    case = Case(ScraperSettings(), GallerySettings(), click.echo if install_browser else None)
    counts: Counter[Verdict] = Counter()
    for part in PARTS:
        if only and part not in only:
            continue
        for finding in look(part, case):
            click.echo(shown(part, finding))
            counts[finding.verdict] += 1
    if counts["fault"]:
        click.echo(f"Things to mend: {counts['fault']}.", err=True)
        sys.exit(1)
    click.echo(f"All is well{'; the notes say what is worth knowing' if counts['note'] else ''}.")


def look(part: str, case: Case) -> Iterator[Finding]:
    """Yield what the module of this part finds; a package that is not there is a finding too."""
    try:
        yield from importlib.import_module(f"gallery.checkup.{part}").look(case)
    except ImportError as error:
        yield fault(f"cannot be looked at: {error}", "See the part about packages.")


def shown(part: str, finding: Finding) -> str:
    """Return a finding as it is shown: verdict, part and fact, and below it what to do."""
    verdict = click.style(f"{finding.verdict:5}", fg=COLOURS[finding.verdict])
    rows = f"{finding.fact}\n{finding.remedy}".strip().splitlines()
    text = "\n".join(
        fill(
            row, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
        )
        for row in rows
    )
    return f"{verdict} {part:8} {text.lstrip()}"
