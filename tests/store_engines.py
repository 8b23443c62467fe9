"""The engines every store is tried with, and a collection that is the same in each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from qdrant_rest import ErrorsOfAServer, StandIn, local_client
from store_samples import CARD, artworks, vectors

from gallery.settings import GallerySettings
from indexer.errors import (
    StoreClosed,
)
from indexer.store import ArtworkStore, open_store
from indexer.store.collection import Collection
from indexer.store.model import CONTENT, Artwork, Filters
from indexer.store.server import ServerEngine

URL = os.environ.get("GALLERY_TEST_QDRANT_URL")
ENGINES = ["edge", "memory", "http", *(["server"] if URL else [])]
COUNT = 160
WORKS = artworks(COUNT)
ROWS = vectors(COUNT)
HALF = 2e-3  # what rounding to half precision may change of a score
UNKNOWN = str(UUID(int=1))


def settings_for(folder: Path, url: str | None, name: str) -> GallerySettings:
    return GallerySettings(data_dir=folder, qdrant_url=url, collection=name, _env_file=None)  # type: ignore[call-arg]


Opener = Callable[[], ArtworkStore]


@pytest.fixture(scope="module", params=ENGINES)
def opener(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Yield a function that opens another empty place for a collection."""
    opened: list[ArtworkStore] = []
    folder = tmp_path_factory.mktemp("stores")
    with StandIn() as stand_in:

        def another() -> ArtworkStore:
            name = f"test-{uuid4().hex[:12]}"
            store: ArtworkStore
            if request.param == "memory":
                store = Collection(ServerEngine(ErrorsOfAServer(local_client()), name, "memory", 1))  # type: ignore[arg-type]
            else:
                url = {"edge": None, "http": stand_in.url, "server": URL}[request.param]
                store = open_store(settings_for(folder / name, url, name))
            opened.append(store)
            return store

        yield another
        for store in opened:
            try:
                store.drop()
            except StoreClosed:
                pass  # the test closed it
            store.close()


@pytest.fixture
def empty(opener: Opener) -> ArtworkStore:
    """Return a prepared store with nothing in it."""
    store = opener()
    store.prepare(CARD)
    return store


@pytest.fixture(scope="module")
def full(opener: Opener) -> ArtworkStore:
    """Return a store of `WORKS`, for tests that only read."""
    store = opener()
    store.prepare(CARD)
    store.add(WORKS, {CONTENT: ROWS})
    return store


def allowed(work: Artwork, filters: Filters) -> bool:
    """Say what `filters` lets through, in other words than the store's."""
    low, high = filters.years or (None, None)
    return (
        filters.artist in (None, work.artist_slug)
        and (filters.not_artist is None or filters.not_artist != work.artist_slug)
        and filters.movement in (None, work.movement)
        and filters.licence in (None, work.licence)
        and (low is None or (work.year is not None and work.year >= low))
        and (high is None or (work.year is not None and work.year <= high))
    )


def maybe(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


FILTERS = st.builds(
    Filters,
    artist=maybe(["painter-0", "painter-3", "nobody", ""]),
    not_artist=maybe(["painter-1", "nobody"]),
    movement=maybe(["Tides", "Ebb & Flow", "ebb"]),
    years=st.one_of(st.none(), st.tuples(maybe([1800, 1900, 1950]), maybe([1900, 1960, 9999]))),
    licence=maybe(["unknown", "PDM-1.0"]),
)
