"""For tests of what the gallery holds: pictures in a folder, imported, indexed and shown, with a real database."""

import asyncio
import io
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from exhibition import settings_for
from PIL import Image
from shelf import MAX_PIXELS, Averages

from gallery.db import Database
from gallery.holdings.house import House
from gallery.holdings.repair import after_indexing, before_indexing
from gallery.quality.finding import measuring
from gallery.relevance.gate import Gate
from gallery.settings import GallerySettings
from indexer.encoder import Model
from indexer.pipeline.outcome import IndexOutcome
from indexer.pipeline.run import index
from indexer.store import ArtworkStore, open_store
from scraper.model import ArtistQuery, ArtworkRecord
from scraper.outcome import Outcome, Skipped
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources.folder import Folder

ARTIST = "Ada Ochre"


def painting(number: int, width: int = 480, height: int = 360) -> Image.Image:
    """Return a picture of soft shapes, each number another."""
    coarse = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, format_: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **more)
    return out.getvalue()


@dataclass
class Holding:
    """A gallery over a folder of pictures, open while it is used."""

    settings: GallerySettings
    database: Database
    store: ArtworkStore
    folder: Path
    encoder: Averages | None = None

    @property
    def house(self) -> House:
        return House.of(self.settings, self.database, self.store)

    def put(self, name: str, content: bytes, artist: str = ARTIST) -> None:
        path = self.folder / artist / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def take_in(self, artist: str = ARTIST) -> tuple[Outcome, list[str]]:
        """Import the folder of an artist; return the outcome and why pictures were skipped, in order."""
        why: list[str] = []
        outcome = asyncio.run(
            scrape(
                ArtistQuery(artist, pages=(str(self.folder / artist),)),
                [Folder()],
                ScraperSettings(data_dir=self.settings.data_dir, keep_free_gb=0, _env_file=None),
                notify=lambda event: why.append(event.skip.reason) if isinstance(event, Skipped) else None,
            )
        )
        return outcome, why

    def index(self, store: ArtworkStore | None = None) -> IndexOutcome:
        """Index as commands and jobs do."""
        house = House.of(self.settings, self.database, store or self.store)
        outcome = index(
            house.library,
            house.store,
            Model(Averages.card, lambda: self.encoder or Averages()),
            house.thumbnails,
            max_pixels=MAX_PIXELS,
            decoders=1,
            amended=before_indexing(house),
            hold=Gate(house, self.settings.hold),
            measuring=measuring(self.database),
        )
        after_indexing(house)
        return outcome

    def records(self) -> dict[str, ArtworkRecord]:
        return {record.title: record for record in self.house.library.records()}

    def shown(self) -> list[str]:
        return sorted(work.title for batch in self.store.scan() for work in batch)

    def pictures_of(self, sha256: str) -> list[Path]:
        """Return every file made of or kept for a picture."""
        return [*self.settings.data_dir.rglob(f"*{sha256}*")]


class Opened(AbstractContextManager[Holding]):
    """A holding of some paintings, imported and indexed."""

    def __init__(self, folder: Path, database: Database, works: int = 3, **settings: object) -> None:
        self.holding = Holding(
            settings_for(folder / "data", **settings),
            database,
            open_store(settings_for(folder / "data", **settings)),
            folder / "pictures",
        )
        for number in range(works):
            self.holding.put(f"study {number}.jpg", saved(painting(number), quality=90))
        self.holding.take_in()
        self.holding.index()

    @classmethod
    def again(cls, folder: Path, database: Database) -> "Opened":
        """Open what was made there before."""
        opened = cls.__new__(cls)
        settings = settings_for(folder / "data")
        opened.holding = Holding(settings, database, open_store(settings), folder / "pictures")
        return opened

    def __enter__(self) -> Holding:
        return self.holding

    def __exit__(self, *_: object) -> None:
        self.holding.store.close()
