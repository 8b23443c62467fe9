"""`gallery projector`: the collection as a log folder of TensorBoard's embedding projector."""

from pathlib import Path

import click

from gallery.cli.projecting import export, say
from gallery.settings import GallerySettings
from indexer.projector.export import MOST_POINTS, WIDTH


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--width", type=click.IntRange(2, 4096), default=WIDTH, show_default=True, help="Numbers for each work.")
@click.option("--limit", type=click.IntRange(1, MOST_POINTS), default=MOST_POINTS, help="Most works to take.")
@click.option("--base-url", "base", default="", help="Where the files will be served for the standalone projector.")
def command(out: Path, width: int, limit: int, base: str) -> None:
    """Write the folder OUT for TensorBoard: vectors, facts and pictures of all works, within its limits.

    Vectors are made shorter by principal components. Of too many works some of every cluster are taken. An earlier
    export at OUT is replaced once the new one is whole. `projector.json` is for https://projector.tensorflow.org.
    """
    say(export(GallerySettings(), out, width=width, limit=limit, base=base), out)
    click.echo(f"Next: gallery tensorboard {click.format_filename(out)}")
