"""What `projector` and `tensorboard` have in common: the export with its progress, and what is said of it."""

from contextlib import closing
from pathlib import Path

import click

from gallery.cli.progress import Bar, Progress
from gallery.settings import GallerySettings
from indexer.projector.export import MOST_POINTS, WIDTH, ProjectorExport, export_projector
from indexer.store import open_store


def export(
    settings: GallerySettings, out: Path, *, width: int = WIDTH, limit: int = MOST_POINTS, base: str = ""
) -> ProjectorExport:
    """Write the projector folder and show how it goes; raises what stops it."""
    site = (settings.base_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    with closing(open_store(settings)) as store, Progress() as progress:
        bars: dict[str, Bar] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                bars[stage] = progress.bar(stage, total)
            bars[stage].update(done=done)

        return export_projector(
            store,
            settings.thumbnails_dir,
            out,
            address=lambda work: f"{site}/artworks/{work.id}",
            width=width,
            limit=limit,
            base=base,
            watch=show,
        )


def say(made: ProjectorExport, out: Path) -> None:
    """Say what was written, and what was left out or made smaller."""
    click.echo(
        f"{out}: {made.works:,} works, {made.width} numbers each, which keep {100 * made.variance_kept:.1f} % of the "
        f"variance; pictures of {made.grid.tile} px in a sprite of {made.grid.side:,} px."
    )
    if made.strata:
        click.echo(
            f"That is a sample of {made.known:,} works: of each {made.strata} its share, "
            f"for TensorBoard shows {MOST_POINTS:,} at most and --limit may ask for fewer."
        )
    if made.absent:
        click.echo(f"{made.absent:,} have no thumbnail and are shown grey. `gallery index` makes what is absent.")
