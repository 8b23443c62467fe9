"""`gallery export`: the collection as a data set to hand on."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from gallery.cli.progress import Progress
from gallery.db import Database
from gallery.models.duplicates import belonging
from gallery.settings import GallerySettings
from indexer.atlas.apart import map_file
from indexer.atlas.file import places_on
from indexer.bundle.export import export_bundle
from indexer.bundle.order import FORMATS, PLAIN_CLASSES, BundleOrder, Format, Split
from indexer.bundle.parquet import is_installed
from indexer.store import open_store
from scraper.library import Library


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    *("--format", "formats"),
    multiple=True,
    type=click.Choice(FORMATS),
    help="What to write; several may be given. All but webdataset when not given, parquet where pyarrow is installed.",
)
@click.option(
    *("--by", "by"),
    default="artist",
    show_default=True,
    help=f"What works are classed by: {', '.join(PLAIN_CLASSES)}, or the name of a set of tags.",
)
@click.option("--split", metavar="SHARES", help="Shares of train, validation and test, such as 80/10/10.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where chance begins.")
@click.option("--licence", "licences", multiple=True, help="Pack works under this open licence only, e.g. CC0-1.0.")
@click.option(
    *("--shard-size", "shard_mb"),
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="MB that a shard of webdataset grows to.",
)
def command(
    out: Path,
    formats: tuple[Format, ...],
    by: str,
    split: str | None,
    seed: int,
    licences: tuple[str, ...],
    shard_mb: int,
) -> None:
    """Write the folder OUT: tables of works, their vectors, their pictures, a data card and checksums.

    Only works under an open licence are packed; the others are listed with the reason. The same works and options give
    the same bytes. Copies and versions of a work are on one side of the split. An earlier export at OUT is replaced
    once the new one is whole.
    """
    settings = GallerySettings()
    usual: tuple[Format, ...] = ("imagefolder", "csv", "parquet") if is_installed() else ("imagefolder", "csv")
    order = BundleOrder(
        formats=frozenset(formats or usual),
        by=by,
        split=Split.parse(split, seed) if split else None,
        licences=frozenset(licences),
        shard_bytes=shard_mb * 2**20,
        site=settings.base_url or "",
        name=settings.site_name,
    )
    with closing(Database(settings.database)) as database, closing(open_store(settings)) as store:
        pairs: Sequence[tuple[str, str]] = ()
        if order.split:
            with database.reading() as session:
                pairs = belonging(session)
        with Progress() as progress:
            bar = progress.bar("works")
            made = export_bundle(
                store,
                Library(settings.library_dir),
                out,
                order,
                pairs=pairs,
                places=places_on(map_file(settings.map_dir)),
                watch=lambda done, total: bar.update(done=done, total=total),
            )
    click.echo(f"{out}: {made.packed:,} works packed, {made.size / 2**20:,.1f} MB.")
    if made.withheld:
        click.echo(f"{made.withheld:,} are not packed, and listed with the reason in withheld.csv.")
