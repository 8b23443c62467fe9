"""`gallery work`: a worker of its own, for several machines."""

import logging
import signal
import threading
from contextlib import closing

import click

from gallery.errors import WorkerNeedsServer
from gallery.settings import GallerySettings


@click.command()
@click.option("--workers", type=click.IntRange(1, 8), help="Jobs at a time (GALLERY_WORKERS).")
def command(workers: int | None) -> None:
    """Work on jobs until it is stopped with Ctrl-C; `gallery serve` without a Qdrant server does so by itself.

    What is under way when it is stopped is interrupted, and goes on where it was when somebody resumes it.
    """
    settings = GallerySettings() if workers is None else GallerySettings(workers=workers)
    if settings.qdrant_url is None:
        raise WorkerNeedsServer
    from gallery.db import Database
    from gallery.jobs.queue import JobQueue
    from gallery.jobs.worker import working
    from indexer.store import open_store
    from scraper.settings import ScraperSettings

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    scraping = ScraperSettings(data_dir=settings.data_dir)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stop.set())
    with closing(Database(settings.database)) as database, closing(open_store(settings)) as store:
        database.prepare()
        with working(settings, scraping, database, store, JobQueue(settings)):
            click.echo("Working on jobs (Ctrl-C stops it).")
            stop.wait()
    click.echo("Stopped.")
