"""For tests of the indexer: a real library of pictures drawn by code, and an encoder that needs no network."""

import io
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.encoder import IMAGENET, Encoded, Model, Observed
from indexer.pipeline.outcome import IndexOutcome
from indexer.pipeline.run import index
from indexer.preprocess import Normalisation
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import CONTENT, ModelCard
from scraper.group import Find
from scraper.keeper import Keeper
from scraper.library import Library
from scraper.model import ArtworkRecord, Candidate, Licence, Sighting
from scraper.pictures import inspect

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MAX_PIXELS = 60_000_000


def drawing(number: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return a picture that looks like no other number's: soft fields of colour, with a fine pattern on them."""
    fields = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(fields).resize(size, Image.Resampling.BICUBIC), dtype=float)
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    pattern = 12 * np.sin(rows / 5 + number) * np.cos(columns / (7 + number % 11))
    return Image.fromarray(np.clip(soft + pattern[..., None], 0, 255).astype(np.uint8))


def encoded(image: Image.Image, format_: str = "JPEG", **more: Any) -> bytes:
    """Return the bytes of a file."""
    out = io.BytesIO()
    image.save(out, format_, **more)
    return out.getvalue()


def keep(root: Path, *contents: bytes, title: str | None = None, licence: str = "unknown") -> list[ArtworkRecord]:
    """Put pictures into the library, and return their records; again with another title, they change."""
    finds = []
    for content in contents:
        picture = inspect(content, max_pixels=MAX_PIXELS, min_side=1, max_aspect=1000)
        address = f"https://example.org/{picture.sha256}.jpg"
        said = Candidate("webpage", 1, title=title, query="Ada Ochre", licence=Licence(licence))
        seen = Sighting(said, "not-stated", address, address, 200, None, NOON, "allowed", "1", False)
        finds.append(Find(picture, seen, content))
    with Keeper(Library(root), stand_in=False, keep_free_gb=0, max_store_gb=1) as keeper:
        return [kept.record for kept in keeper.keep(finds)]


class Averages:
    """An encoder whose vectors are the mean colours of 16 fields: alike for pictures that look alike."""

    card = ModelCard("averages", "ab" * 32, str(IMAGENET), {CONTENT: 48})
    normalisation: Normalisation = IMAGENET
    lanes, batch = 2, 4

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, batch: NDArray[np.float32]) -> Encoded:
        self.batches.append(len(batch))
        vectors = batch.reshape(len(batch), 3, 4, 56, 4, 56).mean((3, 5)).reshape(len(batch), 48)
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return Encoded({CONTENT: unit.astype(np.float32)}, np.zeros((len(batch), 1000), np.float32))


class Observing(Averages):
    """The same, with something to make lenses of: colours by place stand for what a network sees on its way."""

    def encode(self, batch: NDArray[np.float32]) -> Encoded:
        made = super().encode(batch)
        fields = batch.reshape(len(batch), 3, 4, 56, 4, 56)
        moments = np.concatenate([fields.std((3, 5)), fields.max((3, 5)) - fields.min((3, 5))], 1).reshape(
            len(batch), -1
        )
        grid = np.repeat(fields.mean((3, 5)).reshape(len(batch), 3, 16).transpose(0, 2, 1), 2, axis=2)
        places = batch.reshape(len(batch), 3, 7, 32, 7, 32).mean((3, 5)).reshape(len(batch), 3, 49)
        cells = np.tile(places.transpose(0, 2, 1), 22)[..., : Observed.DEPTH]
        return replace(made, observed=Observed(moments, grid, cells))


def never() -> Averages:
    raise AssertionError("there was nothing to embed")


@dataclass(frozen=True)
class Shelf:
    """A data folder: library, thumbnails, embedded collection."""

    data_dir: Path

    @property
    def settings(self) -> IndexerSettings:
        return IndexerSettings(data_dir=self.data_dir, qdrant_url=None, _env_file=None)

    @property
    def library(self) -> Library:
        return Library(self.settings.library_dir)

    def keep(self, *contents: bytes, **facts: Any) -> list[ArtworkRecord]:
        return keep(self.settings.library_dir, *contents, **facts)

    def path(self, record: ArtworkRecord) -> Path:
        return self.library.picture_path(record.picture)

    def index(self, encoder: Averages | None = None, **more: Any) -> IndexOutcome:
        """Index with an encoder, or with none at all: then it must not be asked for."""
        model = Model(Averages.card, (lambda: encoder) if encoder else never, observes=isinstance(encoder, Observing))
        with closing(open_store(self.settings)) as store:
            return index(
                self.library,
                store,
                model,
                self.settings.thumbnails_dir,
                **{"max_pixels": MAX_PIXELS, "decoders": 1} | more,
            )

    def collection(self) -> Mapping[str, Any]:
        """Return everything that is made from the library: payloads, vectors, thumbnails."""
        with closing(open_store(self.settings)) as store:
            works = [work for batch in store.scan() for work in batch]
            vectors = store.vectors([work.id for work in works])
        held = {work.id: (work, vector.tolist()) for work, vector in zip(works, vectors, strict=True)}
        folder = self.settings.thumbnails_dir
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return {"works": held, "files": files}


def spoil(path: Path, how: str) -> None:
    whole = path.read_bytes()
    if how == "absent":
        path.unlink()
    elif how == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "text": b"not a picture" * 99}[how])
