"""`gallery tensorboard`: TensorBoard itself on the projector folder."""

import os
import sys
from pathlib import Path

import click

from gallery.cli.projecting import export, say
from gallery.settings import GallerySettings
from indexer.projector.files import CONFIG

# Its faster loader is for event files and gives the projector nothing.
_FLAGS = ("--host", "127.0.0.1", "--load_fast", "false", "--reload_interval", "0")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=6006, show_default=True, help="0 takes a free one.")
def command(folder: Path | None, port: int) -> None:
    """Show the projector FOLDER in TensorBoard, until Ctrl-C.

    Without FOLDER it is kept among the derived files. What is absent is made first, as `gallery projector` does.
    """
    settings = GallerySettings()
    folder = folder or settings.derived_dir / "projector"
    if not (folder / CONFIG).is_file():
        say(export(settings, folder), folder)
    click.echo("Open the address that follows, with #projector at its end.", err=True)
    sys.stdout.flush()
    arguments = ["--logdir", str(folder), "--port", str(port), *_FLAGS]
    os.execv(sys.executable, [sys.executable, "-m", "tensorboard.main", *arguments])
