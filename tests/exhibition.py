"""A small gallery for tests: pictures drawn by code, with thumbnails and a real embedded collection."""

import hashlib
import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import numpy as np
from PIL import Image

from gallery.settings import GallerySettings
from indexer.lenses.pairs import pairs_file, pairs_of, save_pairs
from indexer.store import open_store
from indexer.store.model import COMPOSITION, CONTENT, PALETTE, STYLE, Artwork, ModelCard
from indexer.thumbnails import placeholder, sizes_for, write_thumbnails
from scraper.names import slug

WIDTH = 16
STATISTICS = "1-0123456789abcdef"
CARD = ModelCard("resnet18", "ab" * 32, "none", {CONTENT: WIDTH})
SHAPES = ((900, 700), (520, 800), (1700, 600), (640, 640), (224, 180), (300, 900), (1000, 240))
# Ids that no work has, alike in every process, for they name tests.
NOT_THERE, NEITHER = UUID(int=1), UUID(int=2)
ARTISTS = ("Ada Ochre", "Émile Brandt", "Łucja Wrona", "葛飾 応為")


@dataclass(frozen=True)
class Exhibition:
    """A gallery's data folder with a real embedded collection, closed, and what hangs in it, newest first."""

    data_dir: Path
    works: tuple[Artwork, ...]

    def copy(self, folder: Path) -> "Exhibition":
        """Return the same in a folder of its own, for whoever opens or changes it."""
        shutil.copytree(self.data_dir, folder, dirs_exist_ok=True)
        return replace(self, data_dir=folder)

    def settings(self, **more: object) -> GallerySettings:
        """Return the settings of a site that shows it, whatever the environment says."""
        return settings_for(self.data_dir, **more)


def give_lenses(exhibition: Exhibition, unfilled: int = 0) -> None:
    """Give all works but so many of the newest their vectors in lenses beside the first."""
    settings = exhibition.settings()
    widths = dict.fromkeys((STYLE, PALETTE, COMPOSITION), WIDTH)
    with closing(open_store(settings)) as store:
        store.extend(widths, STATISTICS)
        ids = [work.id for work in exhibition.works[unfilled:]]
        vectors = {lens: random_vectors(len(ids), seed) for seed, lens in enumerate(widths)}
        store.set_vectors(ids, vectors)
        content = {CONTENT: store.vectors(ids)}
    settings.statistics_dir.mkdir(parents=True)
    save_pairs(pairs_file(settings.statistics_dir), pairs_of(STATISTICS, len(ids), content | vectors))


def draw(number: int, thumbnails: Path) -> Artwork:
    """Return a work drawn for this number, with its thumbnails written."""
    width, height = SHAPES[number % len(SHAPES)]
    rows, columns = np.mgrid[0:height, 0:width]
    red, green, blue = rows * (number + 3) // 40, columns * 5 // (number + 4), rows + columns + number * 9
    image = Image.fromarray((np.stack([red, green, blue], -1) % 256).astype(np.uint8))
    sha = hashlib.sha256(image.tobytes()).hexdigest()
    write_thumbnails(image, thumbnails, sha, sizes_for(width, height))
    artist = ARTISTS[number % len(ARTISTS)]
    return Artwork(
        *(sha, f"Study {number} of waves", artist, slug(artist), width, height, "PNG", 1_700_000_000.0 + number, 1),
        year=None if number % 5 == 4 else 1860 + number,
        movement=("Tides", "Ebb & Flow")[number % 2] if number % 3 else None,
        tags=("seashore, coast", "cliff") if number % 2 else (),
        licence=("unknown", "CC-BY-SA-4.0", "PDM-1.0")[number % 3],
        credit="Photograph: the museum" if number % 3 == 1 else None,
        page_url=f"https://www.museum.example/works/{number}",
        placeholder=placeholder(image),
    )


def settings_for(folder: Path, **more: object) -> GallerySettings:
    """Return settings with their defaults and `more`; the environment is read by the parts that are tested for it."""
    defaults = {name: field.default for name, field in GallerySettings.model_fields.items()}
    return GallerySettings(**defaults | {"data_dir": folder} | more)


def random_vectors(works: int, seed: int = 7) -> np.ndarray:
    """Return unit vectors, the same each time."""
    vectors = np.random.default_rng(seed).normal(size=(works, WIDTH)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def hang(folder: Path, works: int = 40) -> Exhibition:
    """Make a gallery of works by four artists, in every shape, in `folder`."""
    settings = settings_for(folder)
    drawn = tuple(draw(number, settings.thumbnails_dir) for number in range(works))
    with closing(open_store(settings)) as store:
        store.prepare(CARD)
        store.add(drawn, {CONTENT: random_vectors(works)})
    return Exhibition(folder, tuple(reversed(drawn)))
