"""`gallery sources`: what the gallery can collect from, and whether it still works."""

import asyncio
import sys
from pathlib import Path
from textwrap import fill

import click

from gallery.cli.progress import printable
from scraper.choosing import PAGES, choose, switched_on
from scraper.errors import Changed
from scraper.failed import keep
from scraper.health import Health
from scraper.manners import paces_of
from scraper.outcome import PARTLY
from scraper.settings import ScraperSettings
from scraper.sources import SOURCES, Site
from scraper.stand_in import StandIn, read_stand_in

_COLOURS = {"ok": "green", "empty": "yellow", "blocked": "red", "changed": "red", "failed": "red"}
_NOTHING_FOUND = 3
_INDENT = " " * 13


@click.group()
def command() -> None:
    """List the sources of works, and check whether each still answers as it did."""


@command.command("list")
def show() -> None:
    """List all sources: whether each is on here, how it is read, and what it states of rights."""
    on = switched_on(ScraperSettings())
    for name, site in SOURCES.sites().items():
        state = "with --page" if name == PAGES else "on" if name in on else "off"
        click.echo(f"{name:12} {site.title} ({state})")
        for line in (f"{site.how}.", f"Rights: {site.licences}.", site.caution):
            if line:
                click.echo(fill(line.replace("`", ""), 100, initial_indent=_INDENT, subsequent_indent=_INDENT))


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--record", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write every answer into DIR/NAME."
)
def check(names: tuple[str, ...], folder: Path | None) -> None:
    """Ask each source, or those named, one question whose answer is known. Nothing is fetched or kept of works.

    Ends with 0 when all is well, with 4 when some are not, and otherwise with the first one's code: 3 nothing found,
    5 blocked or changed, 6 no answer.
    """
    settings, stand_in = ScraperSettings(), read_stand_in()
    sites = [
        site for site in choose(names or sorted(switched_on(settings) - {PAGES}), settings, with_pages=PAGES in names)
    ]
    codes = []
    for site in sites:
        health = asyncio.run(_checked(site, settings, stand_in, folder))
        if health is None:
            click.echo(f"{site.name:12} looks at the pages it is given; there is nothing to check.")
            continue
        click.echo(
            f"{site.name:12} {click.style(health.verdict, fg=_COLOURS[health.verdict])}: {printable(health.said)}"
        )
        codes.append(health.error.exit_code if health.error else 0 if health.verdict == "ok" else _NOTHING_FOUND)
    wrong = [code for code in codes if code]
    sys.exit((PARTLY if len(wrong) < len(codes) else wrong[0]) if wrong else 0)


async def _checked(
    site: Site, settings: ScraperSettings, stand_in: StandIn | None, folder: Path | None
) -> Health | None:
    # Imported here: a list needs neither client nor browser.
    from scraper.recording import open_recording_reach
    from scraper.session import open_reach

    paces = paces_of([site.manners])
    if folder is None:
        reaching = open_reach(settings, stand_in, paces)
    else:
        reaching = open_recording_reach(settings, folder / site.name, stand_in, paces)
    async with reaching as reach:
        health = await site.check(reach)
    if health is not None and isinstance(health.error, Changed):
        changed = keep(health.error, settings.failed_dir)
        return Health(site.name, "changed", str(changed), changed)
    return health
