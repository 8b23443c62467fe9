"""`gallery map`: lay the works out on a map."""

from contextlib import closing

import click

from gallery.cli.progress import Progress
from gallery.cli.stopping import stop_on_signals
from gallery.jobs.mapping import home_of
from gallery.settings import GallerySettings
from indexer.atlas.keeping import make_map
from indexer.store import open_store


@click.command()
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where chance begins.")
def command(seed: int) -> None:
    """Lay all works out on a map and draw its tiles; the site shows it at /map.

    Works that look alike lie near each other. The layout begins where the last one ended and is turned to lie like it;
    between two layouts new works are put beside those they look most like. The same works and seed give the same map.
    """
    settings = GallerySettings()
    with closing(open_store(settings)) as store, Progress() as progress, stop_on_signals() as stopped:
        bar = progress.bar("map", 100)
        made = make_map(
            store,
            home_of(settings),
            seed=seed,
            watch=lambda what, share: bar.update(done=round(100 * share), note=what),
            stopped=stopped,
        )
        bar.update(done=100, note="done")
    click.echo(f"{len(made.hashes):,} works on a map of {made.side} by {made.side} places.")
    click.echo("Next: gallery serve, then /map")
