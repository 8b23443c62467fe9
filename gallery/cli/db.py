"""`gallery db`: the tables of accounts, jobs and decisions."""

from contextlib import closing

import click

from gallery.settings import GallerySettings


@click.group()
def command() -> None:
    """Look after the database of accounts, jobs and decisions."""


@command.command()
def upgrade() -> None:
    """Bring the tables up to date; a SQLite file also does so by itself when it is first used."""
    from gallery.db import Database
    from gallery.migrations import HEAD

    with closing(Database(GallerySettings().database)) as database:
        before = database.upgrade()
        if before == HEAD:
            click.echo(f"{database.where}: up to date at revision {HEAD}.")
        else:
            click.echo(f"{database.where}: {f'from revision {before}' if before else 'new tables'}, now at {HEAD}.")
