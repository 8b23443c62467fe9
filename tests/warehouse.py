"""For benchmarks: a collection of 20,000 works or more in all lenses and the default widths, its graph built."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from exhibition import settings_for

from gallery.settings import GallerySettings
from indexer.lenses.pairs import pairs_file, pairs_of, save_pairs
from indexer.store import open_store
from indexer.store.model import COMPOSITION, CONTENT, PALETTE, STYLE, Artwork, ModelCard, Vector

WORKS, WIDTH, ARTISTS = 20_000, 2048, 200
CARD = ModelCard("resnet50", "ab" * 32, "whole to 224 x 224", {CONTENT: WIDTH})
LENSES = {STYLE: 512, PALETTE: 384, COMPOSITION: 256}
STATISTICS = "1-warehouse"
# As long as a real one: pages carry it in every card.
PLACEHOLDER = "UklGRmgAAABXRUJQVlA4IFwAAADQAwCdASoQABAAPzmEuVOvKKWisAgB4CcJZQAA" * 3


@dataclass(frozen=True)
class Collection:
    """A data folder with the embedded collection, closed, and the works that are in it."""

    folder: Path
    works: tuple[Artwork, ...]

    @property
    def settings(self) -> GallerySettings:
        """Settings of a site that shows it."""
        return settings_for(self.folder)


def fill(folder: Path, works: int = WORKS) -> Collection:
    """Make the collection in a folder and build its graph; takes a minute for every 20,000 works."""
    made = Collection(folder, tuple(work(number) for number in range(works)))
    began = time.perf_counter()
    with closing(open_store(made.settings)) as store:
        store.prepare(CARD)
        store.extend(LENSES, STATISTICS)
        sample: dict[str, Vector] = {}
        for start, vectors in batches(works):
            store.add(made.works[start : start + len(vectors[CONTENT])], vectors)
            sample = sample or vectors
        added = time.perf_counter()
        store.optimize()
    save_pairs(pairs_file(made.settings.statistics_dir), pairs_of(STATISTICS, works, sample))
    print(f"\n{works:,} works added in {added - began:.0f} s, graph built in {time.perf_counter() - added:.0f} s")
    return made


def batches(works: int, size: int = 1000) -> Iterator[tuple[int, dict[str, Vector]]]:
    """Yield, by lens, unit vectors that lie around their artist's centre, as real ones do."""
    random = np.random.default_rng(1)
    widths = CARD.widths | LENSES
    centres = {lens: random.normal(size=(ARTISTS, width)).astype(np.float32) for lens, width in widths.items()}
    for start in range(0, works, size):
        artists = np.arange(start, start + size) % ARTISTS
        yield start, {lens: _around(centres[lens][artists], random) for lens in widths}


def _around(centres: Vector, random: np.random.Generator) -> Vector:
    vectors = centres + 1.5 * random.normal(size=centres.shape).astype(np.float32)
    found: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def work(number: int) -> Artwork:
    """Return a work with every fact a real one may have."""
    artist = number % ARTISTS
    return Artwork(
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        title=f"Study {number} of a harbour at dawn",
        artist=f"Artist Number {artist}",
        artist_slug=f"artist-number-{artist}",
        width=800 + number % 900,
        height=600 + number % 700,
        format="JPEG",
        added_at=1_700_000_000.0 + number,
        revision=1,
        year=1700 + number % 250,
        movement=f"Movement {artist % 30}",
        medium="oil on canvas",
        institution="The Museum by the Harbour",
        tags=("seashore, coast", "lakeside", "cliff"),
        licence=("unknown", "CC-BY-4.0", "PDM-1.0")[number % 3],
        credit="Photograph: the museum",
        page_url=f"https://museum.example/works/{number}",
        placeholder=PLACEHOLDER,
    )
