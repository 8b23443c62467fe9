"""The web site's hold on the database of accounts, jobs and decisions; pages for visitors never ask it."""

from flask import Flask, current_app

from gallery.db import Database

_KEY = "gallery_database"


def hold(app: Flask, database: Database) -> None:
    """Keep the database with the app it serves."""
    app.extensions[_KEY] = database


def database() -> Database:
    """Return the database of the app that answers the current request."""
    found: Database = current_app.extensions[_KEY]
    return found
