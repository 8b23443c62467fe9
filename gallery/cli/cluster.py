"""`gallery cluster`: put works that look alike into clusters around their medoids."""

import signal
import threading
from types import FrameType

import click

from gallery.cli.progress import Progress
from gallery.clusters.running import Asked, cluster_collection
from gallery.clusters.scope import Scope
from gallery.db import open_database
from gallery.models.clusters import ClusterRun
from gallery.settings import GallerySettings
from indexer.clustering.watch import Watch
from indexer.medoids import ENGINES
from indexer.store import open_store
from indexer.store.model import CONTENT
from scraper.names import slug


@click.command()
@click.option("-k", type=click.IntRange(min=1), help="How many clusters; chosen by medoid silhouette when not given.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where chance begins.")
@click.option("--engine", type=click.Choice(list(ENGINES)), default="numpy", show_default=True, help="What searches.")
@click.option("--lens", default=CONTENT, show_default=True, help="Which vectors to compare.")
@click.option("--artist", help="Cluster this artist's works only; a name, or as in the address of the page.")
@click.option("--movement", help="Cluster the works of this movement only.")
@click.option("--afresh", is_flag=True, help="Search without beginning at the medoids of the last run.")
def command(
    k: int | None, seed: int, engine: str, lens: str, artist: str | None, movement: str | None, afresh: bool
) -> None:
    """Cluster all works or a part; clusters that go on keep their ids, names and what curators decided."""
    if artist and movement:
        raise click.UsageError("Give an artist or a movement, not both.")
    scope = Scope(lens, slug(artist) if artist else None, movement or None)
    settings = GallerySettings()
    database, store = open_database(settings.database), open_store(settings)
    try:
        with Progress() as progress:
            bar, stop = progress.bar("clustering", 100), threading.Event()
            before = signal.signal(signal.SIGINT, lambda number, frame: _stop(stop, frame))
            try:
                watch = Watch(lambda what, share: bar.update(done=round(100 * share), note=what), stop.is_set)
                asked = Asked("command line", k, seed, engine, scope, afresh)
                run = cluster_collection(database, store, asked, watch=watch)
                bar.update(done=100, note="done")
            finally:
                signal.signal(signal.SIGINT, before)
    finally:
        store.close()
        database.close()
    click.echo(summary(run))


def _stop(stop: threading.Event, frame: FrameType | None) -> None:
    if stop.is_set():
        # The second Ctrl-C does not wait for a step to end.
        raise KeyboardInterrupt
    stop.set()


def summary(run: ClusterRun) -> str:
    """Return what came of a run in one line, and how the number of clusters was chosen."""
    silhouette = "" if run.silhouette is None else f", silhouette {run.silhouette:.3f}"
    line = f"{run.works:,} works in {run.clusters:,} clusters (loss {run.loss:.1f}{silhouette})"
    if run.curve:
        tried = "  ".join(f"{trial['k']}: {trial['silhouette']:.3f}" for trial in run.curve)
        line += f"\nChosen by medoid silhouette: {tried}"
    return line
