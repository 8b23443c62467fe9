"""The `gallery` command: each verb lives in its own module, imported only when it is called."""

import importlib
import sys

import click

from gallery.errors import GalleryError
from indexer.errors import IndexerError
from scraper.errors import ScraperError

# verb -> module under gallery.cli whose `command` it is, and the line that `gallery --help` shows.
VERBS = {
    "scrape": ("scrape", "Collect an artist's works from museums, archives and web pages."),
    "sources": ("sources", "List the sources of works, and check them."),
    "import": ("import_", "Collect pictures from a folder or a CSV table."),
    "index": ("index", "Embed new pictures, make thumbnails, fill the collection."),
    "reindex": ("reindex", "Make the collection anew from the library."),
    "stats": ("stats", "Say what the library and the collection hold."),
    "lenses": ("lenses", "Show the lenses, and fit their statistics anew."),
    "evaluate": ("evaluate", "Measure how well neighbours agree on a field (P@1, P@10, mAP)."),
    "cluster": ("cluster", "Put works that look alike into clusters."),
    "labels": ("labels", "Look for artists, movements and years that may be wrong."),
    "quality": ("quality", "Look for pictures that are blurred, framed, too dark or no artworks."),
    "map": ("map", "Lay the works out on a map, alike ones near each other."),
    "finetune": ("finetune", "Train the last block of the network on a tag set (for those who have a GPU)."),
    "projector": ("projector", "Write the collection as a folder for TensorBoard's projector."),
    "report": ("report", "Report what is in, from where, what was removed, and how good it is."),
    "export": ("export", "Write works under open licences, with vectors, as a data set."),
    "tensorboard": ("tensorboard", "Show that folder in TensorBoard."),
    "doctor": ("doctor", "Check browser, weights, disk, store and guard."),
    "serve": ("serve", "Serve the gallery."),
    "work": ("work", "Work on jobs in a process of its own (needs a Qdrant server)."),
    "user": ("user", "Add, list and disable the accounts of admins and curators."),
    "db": ("db", "Bring the tables of accounts and jobs up to date."),
    "demo": ("demo", "Build and serve a gallery from a museum drawn by code."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on first use, so that `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the verb's module and return its command."""
        if name not in VERBS:
            return None
        command = importlib.import_module(f"gallery.cli.{VERBS[name][0]}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="semantic-gallery")
def cli() -> None:
    """Scrape artworks, embed them, and browse them by likeness."""


def main() -> None:
    """Run the command; an expected error is one sentence and its exit code."""
    try:
        cli()
    except (ScraperError, IndexerError, GalleryError) as error:
        click.echo(f"gallery: {error}", err=True)
        sys.exit(error.exit_code)
