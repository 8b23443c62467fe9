"""The site's hold on the graph of neighbours: kept up to date by jobs and commands, read anew when its file changes."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from flask import Flask, current_app

from gallery.settings import GallerySettings
from indexer.errors import StoreMissing
from indexer.graph.file import graph_path, id_of, read
from indexer.graph.route import Graph, Ties
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Filters
from scraper.fresh import FreshFile

_KEY = "gallery_paths"
_TRIES = 4


class Paths:
    """Ways between works of a store, along the graph in a folder."""

    def __init__(self, folder: Path, store: ArtworkStore) -> None:
        self._folder, self._store, self._lock = folder, store, Lock()
        self._file: FreshFile[Graph | None] | None = None

    def graph(self) -> Graph | None:
        """Return the graph as its file has it now, None while there is none."""
        with self._lock:
            try:
                file = self._file or self._of_the_model()
            except StoreMissing:
                return None
            found = file.now()
            # Without one the collection is perhaps another model's by now.
            self._file = file if found is not None else None
            return found

    def _of_the_model(self) -> FreshFile[Graph | None]:
        card = self._store.stats().card
        assert card is not None
        return FreshFile(graph_path(self._folder, card), _graph)

    def between(self, graph: Graph, one: Artwork, other: Artwork, *, by_years: bool) -> Sequence[Artwork] | None:
        """Return the works of the way from one to another, both with it, or None if there is none."""
        starts, ends = self._ties(graph, one), self._ties(graph, other)
        known = one.year is None or other.year is None or one.year <= other.year
        gone: set[int] = set()
        for _ in range(_TRIES):
            rows = graph.route(starts, ends, towards=(1 if known else -1) if by_years else 0, without=gone)
            if rows is None:
                return None
            ids = {row: id_of(graph.record(row)) for row in rows}
            works = self._store.get_many(list(ids.values()))
            if len(works) == len(ids):
                inner = [work for work in works.values() if work.id not in (one.id, other.id)]
                return [one, *inner, other]
            # Removed since the graph was made: another way is looked for.
            gone |= {row for row, work in ids.items() if work not in works}
            starts = {row: far for row, far in starts.items() if row not in gone}
            ends = {row: far for row, far in ends.items() if row not in gone}
        return None

    def _ties(self, graph: Graph, work: Artwork) -> Ties:
        row = graph.row_of(work.id)
        if row is not None:
            return {row: 0.0}
        # It came since: its neighbours are asked for, and lead on.
        found = self._store.similar(work.id, Filters(), size=15).found
        known = [(graph.row_of(each.artwork.id), 1.0 - each.score) for each in found]
        return {near: max(0.0, far) for near, far in known if near is not None}


def _graph(path: Path) -> Graph | None:
    records = read(path)
    return None if records is None else Graph(records)


def paths() -> Paths:
    """Return the paths of the app that answers the current request."""
    found: Paths = current_app.extensions[_KEY]
    return found


def hold(app: Flask, settings: GallerySettings, store: ArtworkStore) -> None:
    """Keep the paths with the app they belong to."""
    app.extensions[_KEY] = Paths(settings.graph_dir, store)
