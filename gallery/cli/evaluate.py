"""`gallery evaluate`: how well neighbours agree on a field."""

import sys

import click

from indexer.evaluate import FIELDS, evaluate
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import CONTENT


@click.command()
@click.option("--field", type=click.Choice(FIELDS), default="artist", show_default=True, help="What to agree on.")
@click.option("--lens", default=CONTENT, show_default=True, help="Which vectors to compare.")
def command(field: str, lens: str) -> None:
    """Measure how often the nearest works share a field: among the first, the first ten, over the whole ranking."""
    store = open_store(IndexerSettings())
    try:
        found = evaluate(store, field, lens=lens)
    finally:
        store.close()
    if not found.queries:
        click.echo(f"No two works share their {field}: there is nothing to agree on.", err=True)
        sys.exit(3)
    click.echo(found)
    click.echo(f"{found.queries:,} of {found.artworks:,} works with a known {field} share it with another.", err=True)
