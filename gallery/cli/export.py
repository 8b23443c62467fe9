"""`gallery export`: the collection as a data set to hand on."""

from contextlib import closing
from pathlib import Path
from typing import get_args

import click

from gallery.cli.progress import Progress
from indexer.atlas.apart import map_file
from indexer.atlas.file import read_or_none
from indexer.bundle.export import Grouping, export_bundle
from indexer.settings import IndexerSettings
from indexer.store import open_store
from scraper.library import Library


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--by", type=click.Choice(get_args(Grouping)), default="artist", show_default=True, help="Folders of pictures."
)
def command(out: Path, by: Grouping) -> None:
    """Write the folder OUT: tables of works, their vectors, their pictures, a data card and checksums.

    Only works under an open licence are packed; the others are listed with the reason. An earlier export at OUT is
    replaced once the new one is whole.
    """
    settings = IndexerSettings()
    atlas = read_or_none(map_file(settings.map_dir))
    places = {one: (x, y) for one, (x, y) in zip(atlas.hashes, atlas.points.tolist(), strict=True)} if atlas else {}
    with closing(open_store(settings)) as store, Progress() as progress:
        bar = progress.bar("works")
        made = export_bundle(
            store,
            Library(settings.library_dir),
            out,
            by=by,
            places=places,
            watch=lambda done, total: bar.update(done=done, total=total),
        )
    click.echo(f"{out}: {made.packed:,} works packed, {made.size / 2**20:,.1f} MB of pictures.")
    if not made.parquet and made.packed:
        click.echo("No works.parquet: `pip install 'semantic-gallery[parquet]'` brings what writes it.")
    if made.withheld:
        click.echo(f"{made.withheld:,} are not packed, and listed with the reason in withheld.csv.")
