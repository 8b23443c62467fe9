"""All clusters in memory, for the pages of visitors: the database is asked only whether they have changed.

The pages of clusters ask again after each write of this process, and every few seconds for what others wrote; all
other pages take what is in memory, which a thread of the serving process keeps fresh. While the database is out of
reach, pages show what was known last.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any

from flask import Flask, current_app

from gallery.clusters.reading import Theme, all_themes
from gallery.clusters.scope import Scope
from gallery.db import Database
from gallery.errors import DatabaseError
from gallery.models.clusters import stamp

log = logging.getLogger(__name__)

_KEY = "gallery_clusters"
_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Shown:
    """Clusters at one moment, by id, those with a name first; and by what was clustered."""

    themes: Mapping[int, Theme]
    scopes: Mapping[Scope, Sequence[Theme]]

    def titles(self) -> dict[int, str]:
        """Return what each cluster is called."""
        return {theme.id: theme.title for theme in self.themes.values()}

    def part(self, scope: Scope) -> Sequence[Theme]:
        """Return the clusters of a scope that curators have not set aside."""
        return [theme for theme in self.scopes.get(scope, ()) if theme.theme]


class Shelf:
    """Keeps the clusters that a database tells of."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, Lock()
        self._shown = Shown({}, {})
        self._stamp: tuple[Any, ...] | None = None
        self._version, self._due = object(), 0.0

    def latest(self) -> Shown:
        """Return the clusters as they are now."""
        with self._lock:
            version = self._database.version
            if version is not self._version or time.monotonic() >= self._due:
                try:
                    self._look()
                except DatabaseError as error:
                    log.warning("clusters are shown as they were: %s", error)
                self._version, self._due = version, time.monotonic() + _PAUSE
            return self._shown

    def known(self) -> Shown:
        """Return the clusters as they were when last looked at; the database is not asked."""
        return self._shown

    def _look(self) -> None:
        with self._database.reading() as session:
            found = stamp(session)
        if found == self._stamp:
            return
        themes = all_themes(self._database, None)
        scopes: dict[Scope, list[Theme]] = {}
        for theme in themes:
            scopes.setdefault(theme.scope, []).append(theme)
        self._shown, self._stamp = Shown({theme.id: theme for theme in themes}, scopes), found


def hold(app: Flask, database: Database) -> None:
    """Keep a shelf with the app it works for, and let templates ask what was clustered of a part."""
    app.extensions[_KEY] = Shelf(database)
    app.add_template_global(groups_of)


def groups_of(**part: str) -> Sequence[tuple[Scope, int]]:
    """Return the scopes that are of an artist (a slug) or a movement, with how many clusters each has."""
    shown = known_clusters()
    found = [scope for scope in shown.scopes if scope.values().items() >= part.items()]
    return [(scope, count) for scope in sorted(found, key=lambda s: s.key) if (count := len(shown.part(scope)))]


def clusters() -> Shown:
    """Return the clusters that the app which answers the current request shows, as they are now."""
    return _shelf(current_app).latest()


def known_clusters() -> Shown:
    """Return the same as last known, for pages that must not ask the database."""
    return _shelf(current_app).known()


@contextmanager
def fresh(app: Flask) -> Iterator[None]:
    """Keep what is known of clusters fresh in a thread of this process, until the end of the block."""
    shelf, end = _shelf(app), Event()

    def keep() -> None:
        shelf.latest()
        while not end.wait(_PAUSE):
            shelf.latest()

    thread = Thread(target=keep, name="clusters", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _shelf(app: Flask) -> Shelf:
    found: Shelf = app.extensions[_KEY]
    return found
