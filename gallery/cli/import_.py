"""`gallery import`: collect pictures from a folder or a CSV table."""

from dataclasses import replace
from pathlib import Path

import click

from gallery.cli.collecting import UNLIMITED, Manner, collect
from scraper.errors import ConfigError
from scraper.facts import plain
from scraper.model import ArtistQuery, Licence
from scraper.settings import ScraperSettings
from scraper.sources import Source
from scraper.sources.csv_table import CsvTable, stated_licence
from scraper.sources.folder import Folder


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--artist", default="", help="Artist of the works of which nothing else states one.")
@click.option("--licence", metavar="CODE", help="Licence of the works that state none, e.g. CC0-1.0 or CC-BY-4.0.")
@click.option("--credit", metavar="TEXT", help="Credit line of the works that state none.")
@click.option("--dry-run", is_flag=True, help="Find and print; keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one event a line as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Name every picture.")
def command(
    path: Path,
    artist: str,
    licence: str | None,
    credit: str | None,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Collect the pictures of PATH, a folder or a CSV table, into the library.

    A metadata.csv in the folder (columns file, artist, title, year, movement, licence, ...) and a .json file beside a
    picture say what it is. A table names pictures beside it (column file) or on the web (column url). The same command
    again takes in only what is new or has changed.
    """
    rights = replace(stated_licence(licence, "import") if licence else Licence(), credit=plain(credit))
    query = ArtistQuery(plain(artist) or "", limit=UNLIMITED, pages=(str(path),))
    collect(query, [source_of(path, rights)], ScraperSettings(), Manner(dry_run, as_json, verbose), None)


def source_of(path: Path, licence: Licence) -> Source:
    """Return the source that reads a folder or a table; raises `ConfigError` for any other file."""
    if path.is_dir():
        return Folder(licence)
    if path.suffix.lower() in (".csv", ".tsv"):
        return CsvTable(licence)
    raise ConfigError(str(path), "neither a folder nor a .csv file", "Name the folder the pictures lie in.")
