"""`gallery evaluate`: how well neighbours agree on a field."""

import sys

import click

from indexer.evaluate import FIELDS, evaluate
from indexer.lenses.names import BadLens, parse_lens
from indexer.settings import IndexerSettings
from indexer.store import open_store


class LensText(click.ParamType[dict[str, int]]):
    """A lens, or a mix of lenses."""

    name = "lens"

    def convert(
        self, value: str | dict[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, int]:
        """Return the weight of each lens."""
        if isinstance(value, dict):
            return value
        try:
            return parse_lens(value)
        except BadLens as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option("--field", type=click.Choice(FIELDS), default="artist", show_default=True, help="What to agree on.")
@click.option(
    "--lens",
    "--mix",
    type=LensText(),
    default="subject",
    show_default=True,
    help="Which vectors to compare: a lens, or a mix such as subject:30,style:70.",
)
def command(field: str, lens: dict[str, int]) -> None:
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
