"""`gallery user`: the accounts of admins and curators; nobody has one from the start."""

import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import click

from gallery.errors import PasswordRefused
from gallery.settings import GallerySettings

from_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it."
)


@click.group()
def command() -> None:
    """Add, list, disable and enable the accounts of those who look after the gallery."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["admin", "curator"]), required=True, help="Admins do all, curators review.")
@from_stdin
def add(name: str, role: Any, password_stdin: bool) -> None:
    """Create the account NAME, a name or an email address."""
    from gallery.accounts import passwords, people

    name = people.cleaned(name)
    password = _password(password_stdin, lambda typed: passwords.check(typed, name))
    user = _do(people.add, name, password, role)
    click.echo(f"Added {user.role} {user.name}.")


@command.command(name="list")
def list_() -> None:
    """Show all accounts."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from gallery.db import Database
    from gallery.models.users import all_users

    with closing(Database(GallerySettings().database)) as database, database.reading() as session:
        users = all_users(session)
    if not users:
        click.echo("There are no accounts yet: gallery user add NAME --role admin")
        return
    table = Table("Name", "Role", "State", "Created", "Last signed in (UTC)", box=box.SIMPLE_HEAD)
    for user in users:
        last = f"{user.last_login_at:%Y-%m-%d %H:%M}" if user.last_login_at else "never"
        state = "active" if user.active else "disabled"
        # The cells are given as they are: a name may look like rich's markup.
        table.add_row(*(_plain(cell) for cell in (user.name, user.role, state, f"{user.created_at:%Y-%m-%d}", last)))
    Console().print(table)


@command.command()
@click.argument("name")
def disable(name: str) -> None:
    """Keep the account NAME out; its sessions end at once."""
    from gallery.accounts import people

    click.echo(f"Disabled {_do(people.set_active, name, False).name}.")


@command.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let the account NAME sign in again."""
    from gallery.accounts import people

    click.echo(f"Enabled {_do(people.set_active, name, True).name}.")


@command.command()
@click.argument("name")
@from_stdin
def password(name: str, password_stdin: bool) -> None:
    """Set a new password for the account NAME, ending its sessions and any wait after failed attempts."""
    from gallery.accounts import passwords, people

    user = _do(people.find, name)
    typed = _password(password_stdin, lambda text: passwords.check(text, user.name))
    click.echo(f"Changed the password of {_do(people.set_password, user.name, typed).name}.")


def _do(act: Callable[..., Any], *arguments: object) -> Any:
    from gallery.db import Database

    with closing(Database(GallerySettings().database)) as database:
        return act(database, *arguments)


def _password(from_stdin: bool, check: Callable[[str], None]) -> str:
    """Return the password, never taken from the arguments, which other users of the machine can read."""
    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
        check(typed)
        return typed
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password. Pipe it in with --password-stdin.")
    while True:
        typed = click.prompt("Password", hide_input=True)
        try:
            check(typed)
        except PasswordRefused as error:
            click.echo(error, err=True)
            continue
        if click.prompt("Again", hide_input=True) == typed:
            return str(typed)
        click.echo("The two are not the same.", err=True)


def _plain(cell: str) -> Any:
    from rich.text import Text

    return Text(cell)
