"""`gallery index`: bring the collection up to what the library says."""

import sys
from typing import Any

import click

from gallery.cli.indexing import bring_up_to_date, settings_with, timed, with_options


@click.command()
@with_options
def command(verbose: bool, **given: Any) -> None:
    """Embed new pictures, make thumbnails, fill the collection.

    Only what is new or has changed is done, and works that are no longer in the library are removed. Stopped or
    killed, the same command goes on from there. Ends with 4 if some pictures could not be used.
    """
    settings = settings_with(given)
    sys.exit(timed(lambda: bring_up_to_date(settings), verbose=verbose))
