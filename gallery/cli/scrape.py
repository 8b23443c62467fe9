"""`gallery scrape`: collect an artist's works from museums, archives and web pages."""

import re

import click

from gallery.cli.collecting import Manner, collect
from scraper.choosing import choose
from scraper.errors import ConfigError
from scraper.facts import plain
from scraper.model import ArtistQuery
from scraper.settings import ScraperSettings

LONGEST_NAME = 120
MOST_PAGES = 20


class Seconds(click.ParamType[float]):
    """A length of time such as 90, 90s, 15m or 1h."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        found = re.fullmatch(r"(\d{1,6})([smh]?)", str(value).strip())
        if found is None or not int(found[1]):
            self.fail(f"{value!r} is no length of time; write 90, 90s, 15m or 1h.", param, ctx)
        return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


@click.command()
@click.argument("artist")
@click.option("--page", "pages", multiple=True, metavar="URL", help="A page with works of the artist; may be repeated.")
@click.option(
    "--source",
    "names",
    multiple=True,
    metavar="NAME",
    help="Where to look: a name of `gallery sources list`, or all-default; may be repeated or name,name.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Works wanted in all.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Another name of the artist; may be repeated.")
@click.option("--min-side", type=click.IntRange(1, 10_000), help="Smallest side in pixels (GALLERY_MIN_SIDE).")
@click.option("--deadline", type=Seconds(), help="Stop after this time, e.g. 15m (GALLERY_DEADLINE).")
@click.option("--dry-run", is_flag=True, help="Find and print; fetch and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one event a line as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Name every picture.")
def command(
    artist: str,
    pages: tuple[str, ...],
    names: tuple[str, ...],
    limit: int,
    aliases: tuple[str, ...],
    min_side: int | None,
    deadline: float | None,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Collect works of ARTIST into the library: from all sources on by default, or from those and the pages named.

    The same command again goes on where it was stopped and fetches nothing twice.
    """
    settings = ScraperSettings() if min_side is None else ScraperSettings(min_side=min_side)
    name = plain(artist, LONGEST_NAME)
    if not name:
        raise ConfigError("ARTIST", "is empty", "Name the artist, for example: gallery scrape 'Claude Monet'")
    if len(pages) > MOST_PAGES:
        raise ConfigError("--page", f"{len(pages)} pages, at most {MOST_PAGES} at a time", "Make it several runs.")
    other_names = tuple(alias for text in aliases if (alias := plain(text, LONGEST_NAME)))
    query = ArtistQuery(name, other_names, limit, pages)
    sources = choose([part for name in names for part in name.split(",") if part], settings, with_pages=bool(pages))
    collect(query, sources, settings, Manner(dry_run, as_json, verbose), deadline or settings.deadline)
