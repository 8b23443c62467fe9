"""A gallery whose works lie in clusters, made once and copied."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from curators import staffed
from exhibition import Exhibition, settings_for
from flask import Flask

from gallery.app import create_app
from gallery.clusters.running import Asked, cluster_collection
from gallery.db import Database
from gallery.models.clusters import ClusterRun
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore, open_store


def run(database: Database, store: ArtworkStore, k: int | None = 4, **more: Any) -> ClusterRun:
    return cluster_collection(database, store, Asked("test", k, **more))


def cluster_works(exhibition: Exhibition, template: Path, folder: Path) -> Path:
    """Fill a folder with the exhibition in four clusters, Ada, its admin, and Cleo, a curator."""
    own = exhibition.copy(folder)
    shutil.copyfile(template, folder / "db.sqlite3")
    with closing(open_store(own.settings())) as store, staffed(folder) as database:
        run(database, store)
    return folder


@dataclass
class Clustered:
    """Such a gallery, open."""

    settings: GallerySettings
    store: ArtworkStore
    database: Database
    site: Flask


@contextmanager
def copied(made: Path, to: Path) -> Iterator[Clustered]:
    """Open a copy of such a gallery."""
    shutil.copytree(made, to)
    settings = settings_for(to)
    database = Database(f"sqlite:///{to / 'db.sqlite3'}")
    with closing(database), closing(open_store(settings)) as store:
        yield Clustered(settings, store, database, create_app(settings, store, database))


@pytest.fixture(scope="module")
def clustered_once(exhibition: Exhibition, template_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cluster_works(exhibition, template_file, tmp_path_factory.mktemp("clustered"))


@pytest.fixture
def clustered(clustered_once: Path, tmp_path: Path) -> Iterator[Clustered]:
    """A gallery with clusters for those who change it."""
    with copied(clustered_once, tmp_path / "data") as own:
        yield own
