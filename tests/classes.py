"""A gallery whose works fall into three kinds, for tests of curators' own classes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from exhibition import WIDTH, Exhibition

from gallery.db import Database
from gallery.models.tagging import TagSet
from gallery.models.users import User
from gallery.settings import GallerySettings
from gallery.tagging import deciding
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Artwork

KINDS = ("portrait", "landscape", "still life")


@dataclass
class Studio:
    """An open gallery; work number n is of kind n modulo 3 and lies near others of its kind."""

    settings: GallerySettings
    store: ArtworkStore
    database: Database
    works: tuple[Artwork, ...]

    @property
    def folder(self) -> Path:
        return self.settings.models_dir

    def kind(self, number: int) -> str:
        return KINDS[number % 3]

    def define(self, by: User, name: str = "Subject", *, exclusive: bool = True) -> TagSet:
        return deciding.define(self.database, by, name=name, classes=KINDS, exclusive=exclusive)

    def say(self, tags: TagSet, number: int, label: str, by: User, *, verdict: bool = True) -> str:
        said = {self.works[number].id: {label: verdict}}
        return deciding.decide(self.database, self.store, self.folder, tags.id, said, by)

    def label(self, tags: TagSet, by: User, first: int = 0, last: int = 24) -> None:
        said = {self.works[number].id: {self.kind(number): True} for number in range(first, last)}
        deciding.decide(self.database, self.store, self.folder, tags.id, said, by)

    def given(self, number: int) -> list[tuple[str, str]]:
        return [(label, by) for _, label, _, by in self.store.get(self.works[number].id).given]


@contextmanager
def studio(exhibition: Exhibition, folder: Path, database: Database) -> Iterator[Studio]:
    """Open a copy of the small gallery, its works moved near one of three directions each."""
    own = exhibition.copy(folder)
    vectors = np.eye(WIDTH)[np.arange(len(own.works)) % 3]
    vectors = vectors + np.random.default_rng(2).normal(0, 0.2, vectors.shape)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    settings = own.settings()
    with closing(open_store(settings)) as store:
        store.add(own.works, {CONTENT: vectors})
        yield Studio(settings, store, database, own.works)
