"""`gallery demo`: a museum drawn by code, scraped, embedded and served, each step only where it is still to be done."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gallery.cli.collecting import said_by
from gallery.cli.indexing import model_for, run_index, stored_card
from gallery.cli.progress import Progress, printable
from gallery.cli.serve import listen, serve_at
from gallery.clusters.running import Asked, cluster_collection
from gallery.db import open_database
from gallery.jobs.mapping import home_of
from gallery.models.clusters import last_run
from gallery.museum.atelier import draw, undrawn
from gallery.museum.catalogue import all_artists, all_works
from gallery.museum.collecting import collect, uncollected
from gallery.museum.model import Artist, Work
from gallery.museum.site import Museum, OpenMuseum
from gallery.settings import GallerySettings
from indexer.atlas.keeping import make_map
from indexer.clustering.watch import Watch
from indexer.store import ArtworkStore, open_store
from scraper.browsers import find_browser, install_browser
from scraper.errors import BrowserError
from scraper.library import Library
from scraper.outcome import INTERRUPTED, Event, Failed, Stored
from scraper.settings import ScraperSettings
from scraper.stand_in import VARIABLE, write_stand_in

# The museum is ours and stands on this machine: it need not be spared as other sites are.
_MANNERS: dict[str, Any] = {"per_second": 500.0, "connections": 8}
# A map of fewer works shows nothing that a page of them does not.
_FEWEST_ON_A_MAP = 50


@dataclass(frozen=True)
class Demo:
    """What a demo is made of."""

    settings: GallerySettings
    artists: Sequence[Artist]

    @property
    def works(self) -> list[Work]:
        """All works, by artist."""
        return all_works(self.artists)

    @property
    def pictures(self) -> Path:
        """Folder of the drawn pictures."""
        return self.settings.data_dir / "museum"

    def site(self) -> OpenMuseum:
        """Return the museum's web site, still closed."""
        return OpenMuseum(Museum(self.pictures, tuple(self.artists)))


@click.command()
@click.option("--host", help="Address to listen on (GALLERY_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (GALLERY_PORT).")
def command(host: str | None, port: int | None) -> None:
    """Build a gallery from a museum drawn by code, and serve it until it is stopped with Ctrl-C.

    The works are drawn, scraped with a real browser, embedded and indexed in a data folder of their own; what has been
    done is kept, so that the same command goes on where it was stopped, and later starts in seconds.
    """
    settings = settings_of(host, port)
    try:
        # The port is taken at once, so that a taken one is told of before the long work and not after it.
        with listen(settings.host, settings.port) as door:
            demo = Demo(settings, all_artists())
            with demo.site() as site:
                if build(demo, site):
                    click.echo(f"The museum these works come from is at {site.url}")
                    # Artists added on the desk are looked for there, and nowhere else.
                    os.environ[VARIABLE] = str(write_stand_in(site.stand_in, settings.data_dir / "museum.json"))
                    return serve_at(settings, door)
    except KeyboardInterrupt:
        pass
    click.echo("\nStopped. The same command goes on from here.", err=True)
    sys.exit(INTERRUPTED)


def settings_of(host: str | None = None, port: int | None = None) -> GallerySettings:
    """Return the settings of the demo: nobody's own gallery, database or Qdrant server is touched by it."""
    given: dict[str, Any] = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    own = GallerySettings()
    if "backbone" not in own.model_fields_set:
        given["backbone"] = "auto"
    given |= {"qdrant_url": None, "database_url": None, "base_url": None, "proxies": 0}
    return GallerySettings(**given, data_dir=own.data_dir / "demo")


def build(demo: Demo, site: OpenMuseum) -> bool:
    """Draw, scrape and index whatever is still to be done; false when it was told to stop before the end.

    Ended at any moment, by an error or a kill, the next call goes on from there.
    """
    settings = demo.settings
    scraping = ScraperSettings(data_dir=settings.data_dir, **_MANNERS)
    # Opened first, and the weights found: what is wrong with either shows before the long work.
    store = open_store(settings)
    try:
        model = model_for(settings, stored_card(store))
        wanted = uncollected(Library(settings.library_dir), demo.artists)
        if wanted:
            _have_browser(scraping)
        _draw(demo)
        if wanted:
            _collect(site, wanted, scraping)
        with Progress() as progress:
            outcome = run_index(settings, store, model, progress)
        if not outcome.stopped:
            _arrange(settings, store)
    finally:
        store.close()
    for failure in outcome.failures:
        _say(f"gallery: {failure}")
    return not outcome.stopped


def _say(line: str) -> None:
    click.echo(printable(line), err=True)


def _have_browser(settings: ScraperSettings) -> None:
    try:
        find_browser(settings)
    except BrowserError:
        if settings.browser is not None:
            raise
        _say(f"Installed {install_browser(_say)}.")


def _draw(demo: Demo) -> None:
    works = demo.works
    todo = undrawn(works, demo.pictures)
    if not todo:
        return
    with Progress() as progress:
        bar = progress.bar("drawing", len(works))
        bar.update(done=len(works) - len(todo))

        def drawn(work: Work) -> None:
            bar.update(done=bar.done + 1, note=f"{work.artist.name}: {work.title}")

        draw(todo, demo.pictures, notify=drawn)
        bar.update(note=f"{len(demo.artists)} artists")


def _arrange(settings: GallerySettings, store: ArtworkStore) -> None:
    """Cluster the works and lay them out on the map, where that has never been done."""
    works, home = store.stats().artworks, home_of(settings)
    with closing(open_database(settings.database)) as database, Progress() as progress:
        with database.reading() as session:
            clustered = last_run(session) is not None
        if works and not clustered:
            bar = progress.bar("clustering", 100)
            watch = Watch(lambda what, share: bar.update(done=round(100 * share), note=what))
            run = cluster_collection(database, store, Asked("demo"), watch=watch)
            bar.update(done=100, note=f"{run.clusters} clusters")
        if works >= _FEWEST_ON_A_MAP and not home.file.exists():
            bar = progress.bar("map", 100)
            make_map(store, home, watch=lambda what, share: bar.update(done=round(100 * share), note=what))
            bar.update(done=100, note="done")


def _collect(site: OpenMuseum, wanted: Sequence[Artist], settings: ScraperSettings) -> None:
    with Progress() as progress, said_by(progress):
        bar = progress.bar("scraping", len(all_works(wanted)))

        def show(event: Event) -> None:
            match event:
                case Stored(record=record, how=how) if how != "duplicate":
                    bar.update(done=bar.done + 1, note=f"{record.artist}: {record.title}")
                case Failed(error=error):
                    progress.say(f"gallery: {error}")

        outcomes = asyncio.run(collect(site, wanted, settings, show))
        bar.update(note=f"{len(wanted)} artists' pages")
    for artist in wanted:
        outcome, works = outcomes[artist.name], len(artist.works)
        if outcome.kept < works:
            why = "".join(f"\n  {skip.url}: {skip.reason} {skip.detail}" for skip in outcome.skips[:3])
            click.echo(f"{artist.name}: {outcome.kept} of {works} works came. The next run tries again.{why}", err=True)
