"""`gallery lenses`: which lenses the collection has, and the statistics that make them, fitted anew."""

import sys
from contextlib import closing

import click

from gallery.cli.progress import Progress
from gallery.cli.stopping import stop_on_signals
from gallery.settings import GallerySettings
from indexer.lenses.keeping import Lenses, lenses_of
from indexer.lenses.names import SHOWN, known_lenses
from indexer.pipeline.outcome import INTERRUPTED
from indexer.store import ArtworkStore, open_store
from indexer.store.model import ModelCard

_CHUNK = 1_000


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show the lenses of the collection, or fit their statistics anew."""
    if ctx.invoked_subcommand is None:
        settings = GallerySettings()
        with closing(open_store(settings)) as store:
            click.echo(_told(store, _card(store), lenses_of(store, settings.thumbnails_dir, settings.statistics_dir)))


@command.command("fit")
def fit_command() -> None:
    """Fit the statistics on the works there are now, and give every work its vectors; embeds nothing.

    Stopped or killed, the works without are given theirs by the next `gallery index`.
    """
    settings = GallerySettings()
    with closing(open_store(settings)) as store, stop_on_signals() as stopped, Progress() as progress:
        lenses = lenses_of(store, settings.thumbnails_dir, settings.statistics_dir)
        bar = progress.bar("lenses", store.stats().artworks)
        bar.update(note="fitting on a sample")
        filled = lenses.refit(stopped, lambda done, total: bar.update(done=done, total=total, note=""))
        told = _told(store, _card(store), lenses)
    click.echo(f"{filled:,} works were given their vectors.\n{told}")
    if stopped():
        sys.exit(INTERRUPTED)


def _card(store: ArtworkStore) -> ModelCard:
    card = store.stats().card
    assert card is not None, "a collection that can be read has a card"
    return card


def _told(store: ArtworkStore, card: ModelCard, lenses: Lenses) -> str:
    works = filled = kept = 0
    for batch in store.scan(batch=_CHUNK):
        marks = store.marks([work.id for work in batch])
        works += len(batch)
        filled += sum(not lenses.unmarked(marks.get(work.id)) for work in batch)
        kept += sum(lenses.shelf.has(work.sha256) for work in batch)
    lines = [f"{SHOWN.get(lens, lens):12} {card.widths[lens]:5} numbers" for lens in known_lenses(card.widths)]
    if lenses.statistics is None:
        lines.append("No statistics yet: `gallery index` fits them.")
    else:
        lines.append(f"Statistics {lenses.statistics.name}, fitted on {lenses.statistics.sample:,} works.")
    lines.append(f"{filled:,} of {works:,} works have all lenses; of {kept:,} there is what they are made from.")
    return "\n".join(lines)
