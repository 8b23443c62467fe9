"""`gallery reindex`: make the collection anew from the library."""

import sys
from typing import Any

import click

from gallery.cli.indexing import make_anew, settings_with, timed, with_options


@click.command()
@with_options
def command(verbose: bool, **given: Any) -> None:
    """Make the collection anew from the library, with another model or after damage.

    The new one is built beside the old one, which stays as it is until the new one is whole. Stopped or killed, the
    same command goes on from there. Ends with 4 if some pictures could not be used.
    """
    settings = settings_with(given)
    sys.exit(timed(lambda: make_anew(settings), verbose=verbose))
