"""What `index`, `reindex` and `demo` have in common: options, weights, progress, Ctrl-C, the closing words."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from gallery.cli.progress import Bar, Progress, printable, rate
from gallery.cli.stopping import stop_on_signals
from gallery.holdings.repair import decided, regroup
from gallery.quality.finding import measuring
from gallery.relevance.gate import Gate
from gallery.settings import GallerySettings
from indexer.atlas.keeping import MapHome, keep
from indexer.encoder import BACKBONES, Encoder, Model
from indexer.errors import StoreMissing, WeightsError
from indexer.graph.laying import lay
from indexer.pipeline.outcome import INTERRUPTED, IndexOutcome, Standing, holding_none
from indexer.pipeline.rebuild import rebuild
from indexer.pipeline.run import index
from indexer.portraits.painting import paint
from indexer.store import ArtworkStore, open_store
from indexer.store.model import ModelCard
from indexer.weights import find_weights
from scraper.library import Library
from scraper.settings import ScraperSettings

_MOST_LISTED = 10

Command = TypeVar("Command", bound=Callable[..., Any])


def with_options(command: Command) -> Command:
    """Add the options that say which network runs how."""
    backbones = click.Choice(["auto", *BACKBONES])
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Name every picture that could not be used."),
        click.option("--decoders", type=click.IntRange(min=0), help="Processes that decode (GALLERY_DECODERS)."),
        click.option("--batch-size", type=click.IntRange(0, 512), help="Pictures at a time (GALLERY_BATCH_SIZE)."),
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="(GALLERY_DEVICE)"),
        click.option("--weights", type=click.Path(path_type=Path), help="State-dict file (GALLERY_WEIGHTS)."),
        click.option("--backbone", type=backbones, help="Network that makes the vectors (GALLERY_BACKBONE)."),
    ):
        command = option(command)
    return command


def settings_with(given: dict[str, Any]) -> GallerySettings:
    """Return the settings with what was given on the command line."""
    return GallerySettings(**{name: value for name, value in given.items() if value is not None})


def bring_up_to_date(settings: GallerySettings) -> IndexOutcome:
    """Bring the collection up to what the library says and show how it goes; raises what stops it."""
    store = open_store(settings)
    try:
        model = model_for(settings, stored_card(store))
        with Progress() as progress:
            return run_index(settings, store, model, progress, judging=True)
    finally:
        store.close()


def make_anew(settings: GallerySettings) -> IndexOutcome:
    """Make the collection anew, with the model the settings name, and show how it goes; raises what stops it."""
    model = model_for(settings, None)
    with Progress() as progress:
        return rebuild(settings, model.card, lambda store: run_index(settings, store, model, progress))


def model_for(settings: GallerySettings, stored: ModelCard | None) -> Model:
    """Return the model to use; whatever should be known about the choice is said, and a download shows itself.

    A collection that is there can be brought up to date without weights as far as no picture has to be seen.
    """
    try:
        weights = find_weights(
            settings.backbone, settings.weights, lambda said: click.echo(said, err=True), stored=stored
        )
    except WeightsError as error:
        if stored is None or settings.backbone not in ("auto", stored.backbone):
            raise
        click.echo(
            f"No weights for {error.backbone} are at hand: what the network has not seen waits for them.", err=True
        )
        return Model(stored, partial(_refuse, error), observes=True, at_hand=False)
    return weights.model(settings.device)


def _refuse(error: WeightsError) -> Encoder:
    raise error


def stored_card(store: ArtworkStore) -> ModelCard | None:
    """Return which model made the collection, None while there is none."""
    try:
        return store.stats().card
    except StoreMissing:
        return None


def run_index(
    settings: GallerySettings, store: ArtworkStore, model: Model, progress: Progress, *, judging: bool = False
) -> IndexOutcome:
    """Run the pipeline on a store with bars, then build the search graph unless it was stopped.

    With `judging`, new works that are far from all their artist has are held for a curator.
    """
    show = _Show(progress)
    with stop_on_signals() as stopped, decided(settings, store) as (amended, house):
        outcome = index(
            Library(settings.library_dir),
            store,
            model,
            settings.thumbnails_dir,
            max_pixels=ScraperSettings().max_pixels,
            batch_size=settings.batch_size,
            decoders=settings.decoders,
            amended=amended,
            stopped=stopped,
            watch=show.standing,
            statistics=settings.statistics_dir,
            upgrade=model.at_hand,
            hold=Gate(house, settings.hold) if judging and house else holding_none,
            measuring=measuring(house.database) if house else None,
        )
        if not outcome.stopped:
            regroup(settings, store)
            _optimize(store, progress)
            _lay_paths(settings, store, progress, stopped)
            _paint(settings, store, progress)
            keep(store, MapHome(settings.map_dir, settings.thumbnails_dir))
    return outcome


def _optimize(store: ArtworkStore, progress: Progress) -> None:
    works = store.stats().artworks
    bar = progress.bar("search graph", works)
    bar.update(note="building it, which cannot be watched")
    store.optimize()
    found = store.stats().indexed
    bar.update(done=min(found, works), note="" if found else "searched one by one until there are more")


def _lay_paths(settings: GallerySettings, store: ArtworkStore, progress: Progress, stopped: Callable[[], bool]) -> None:
    """Bring the graph up to date that paths between works lead along; all else is done by then, and stays."""
    bar = progress.bar("paths", store.stats().artworks)
    try:
        lay(settings.graph_dir, store, stopped=stopped, told=lambda done, total: bar.update(done=done, total=total))
    except OSError as error:
        bar.update(note=f"cannot be written: {(error.strerror or str(error)).lower()}")


def _paint(settings: GallerySettings, store: ArtworkStore, progress: Progress) -> None:
    """Sum up what the works of each artist and movement are like."""
    works = store.stats().artworks
    bar = progress.bar("artists", works)
    try:
        paint(store, settings.portraits_file)
        bar.update(done=works)
    except OSError as error:
        bar.update(note=f"cannot be written: {(error.strerror or str(error)).lower()}")


class _Show:
    """Turns standings into one bar for each stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, Bar] = {}

    def standing(self, standing: Standing) -> None:
        """Show how far it is."""
        if standing.stage not in self._bars:
            self._bars[standing.stage] = self._progress.bar(standing.stage, standing.total)
        note = f"{standing.failed:,} failed" if standing.failed else ""
        self._bars[standing.stage].update(done=standing.done, total=standing.total, note=note)


def sum_up(outcome: IndexOutcome, seconds: float, *, verbose: bool) -> None:
    """Say what came of the run and what to do next."""
    sums = {
        "embedded": outcome.embedded,
        "updated": outcome.refreshed,
        "given thumbnails": outcome.pictured,
        "removed": outcome.removed,
        "held for a curator": outcome.held,
        "given lenses": outcome.filled,
        "failed": len(outcome.failures),
    }
    said = ", ".join(f"{count:,} {word}" for word, count in sums.items() if count) or "nothing to do"
    speed = rate(outcome.embedded, seconds)
    click.echo(f"{outcome.known:,} works: {said}{f' ({speed})' if speed else ''}.")
    listed = outcome.failures if verbose else outcome.failures[:_MOST_LISTED]
    for failure in listed:
        click.echo(printable(f"  {failure}"))
    if len(outcome.failures) > len(listed):
        click.echo(f"  ... and {len(outcome.failures) - len(listed):,} more; -v names all")
    if outcome.failures:
        click.echo("The library keeps them as they are; each run tries them again.")
    if outcome.stopped:
        click.echo("Stopped. The same command goes on from here.")
    elif outcome.changed:
        click.echo("Next: gallery serve")


def timed(work: Callable[[], IndexOutcome], *, verbose: bool) -> int:
    """Do the work, sum it up, and return what the command ends with."""
    started = time.monotonic()
    try:
        outcome = work()
    except KeyboardInterrupt:
        click.echo("Stopped at once. The same command goes on from what was stored.")
        return INTERRUPTED
    sum_up(outcome, time.monotonic() - started, verbose=verbose)
    return outcome.exit_code
