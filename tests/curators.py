"""Who looks after galleries in tests: an admin and a curator, how they sign in, and galleries hung once and copied."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from holdings import Holding, Opened

from gallery.accounts import passwords, people
from gallery.db import Database
from gallery.models.users import User, user_by_name

GOOD = "seven brass lanterns"
HUGE = 2**31 + 5
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def hire(database: Database) -> None:
    """Give a gallery Ada, its admin, and Cleo, a curator."""
    people.add(database, "Ada", GOOD, "admin")
    people.add(database, "Cleo", GOOD, "curator")


@contextmanager
def staffed(folder: Path) -> Iterator[Database]:
    """Yield the database of a new gallery in a folder, with Ada and Cleo; `copied` opens it again."""
    with pytest.MonkeyPatch.context() as patched, closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        patched.setattr(passwords, "HASHER", CHEAP)
        hire(database)
        yield database


@contextmanager
def copied(hung: Path, to: Path) -> Iterator[Holding]:
    """Open a copy of what was hung in a folder."""
    shutil.copytree(hung, to)
    with closing(Database(f"sqlite:///{to / 'db.sqlite3'}")) as database, Opened.again(to, database) as holding:
        yield holding


def cleo(holding: Holding) -> User:
    with holding.database.reading() as session:
        found = user_by_name(session, "Cleo")
    assert found is not None
    return found


def token(client: FlaskClient, path: str = "/account") -> str:
    """Return the token of a page's form; whoever is not signed in is led from the account to the login."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path, follow_redirects=True).text)
    assert found, path
    return found[1]


def signed_in(site: Flask, name: str = "Cleo") -> FlaskClient:
    client = site.test_client()
    data = {"name": name, "password": GOOD, "csrf_token": token(client, "/login")}
    assert client.post("/login", data=data).status_code == 303
    return client
