"""What the works of an artist or of a movement are like as a whole: their middle and their colours, kept in a file.

Every vector is read for it, which is for whoever indexes; pages read the file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from indexer.errors import StoreMissing, UnknownArtwork
from indexer.lenses.swatches import Swatch, palette_of
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, PALETTE, Artwork, ModelCard, Vector
from scraper.disk import whole_file

# Works whose vectors are read at a time: what is done between two reads lets other threads go on.
_BATCH = 200


@dataclass(frozen=True)
class Portraits:
    """Groups of works by name, with how many each has, their middle, and the shares of their colours.

    `middles` are the means of the works' unit vectors (groups x width), `colours` of their Lab histograms, rows of
    zeros where no work has any yet.
    """

    names: tuple[str, ...]
    counts: Sequence[int]
    middles: Vector
    colours: Vector

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    @cached_property
    def _palettes(self) -> dict[str, tuple[Swatch, ...]]:
        return {}

    def middle(self, name: str) -> Vector | None:
        """Return the middle of a group's works, None for one that is not known."""
        row = self._rows.get(name)
        return None if row is None else self.middles[row]

    def palette(self, name: str) -> tuple[Swatch, ...]:
        """Return the colours a group's works have most of, from dark to light; none if they are not known."""
        row = self._rows.get(name)
        if row is None or not self.colours[row].any():
            return ()
        if name not in self._palettes:
            self._palettes[name] = palette_of(self.colours[row].astype(np.float64))
        return self._palettes[name]

    def typical(self, names: Sequence[str]) -> dict[str, float]:
        """Return how typical of all these groups each one is that is known.

        That is the mean cosine of its works to the middle of all groups' middles, each group counting alike.
        """
        known = [name for name in names if name in self._rows]
        if not known:
            return {}
        middles = self.middles[[self._rows[name] for name in known]]
        whole = middles.mean(axis=0)
        scores = middles @ whole / max(float(np.linalg.norm(whole)), 1e-12)
        return dict(zip(known, map(float, scores), strict=True))


@dataclass(frozen=True, slots=True)
class Gathering:
    """The portraits of a collection's artists (by slug) and movements (by name), and the model they were made by."""

    model: str
    artists: Portraits
    movements: Portraits


@dataclass(slots=True)
class _Sums:
    """What is summed up of each group while vectors go by."""

    width: int
    colours: int
    rows: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    coloured: list[int] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    shares: list[Vector] = field(default_factory=list)

    def add(self, name: str, vector: Vector, colours: Vector | None) -> None:
        row = self.rows.setdefault(name, len(self.rows))
        if row == len(self.counts):
            self.counts.append(0)
            self.coloured.append(0)
            self.vectors.append(np.zeros(self.width, np.float32))
            self.shares.append(np.zeros(self.colours, np.float32))
        self.counts[row] += 1
        self.vectors[row] += vector
        if colours is not None:
            self.coloured[row] += 1
            self.shares[row] += colours

    def portraits(self) -> Portraits:
        counts = np.array(self.counts, np.float32)[:, None]
        coloured = np.maximum(np.array(self.coloured, np.float32)[:, None], 1)
        vectors = np.array(self.vectors, np.float32).reshape(len(self.rows), self.width) / counts
        shares = np.array(self.shares, np.float32).reshape(len(self.rows), self.colours) / coloured
        return Portraits(tuple(self.rows), tuple(self.counts), vectors, shares.astype(np.float32))


def model_name(card: ModelCard) -> str:
    """Return what tells the vectors of one model from those of another."""
    return f"{card.backbone} {card.weights_sha256} {card.preprocessing}"


def gather(store: ArtworkStore) -> Gathering | None:
    """Return the portraits of a collection, None while there is none; reads every vector."""
    try:
        card = store.stats().card
    except StoreMissing:
        return None
    assert card is not None
    artists, movements = (_Sums(card.widths[CONTENT], card.widths.get(PALETTE, 0)) for _ in range(2))
    for work, vector, colours in _seen(store, coloured=PALETTE in card.widths):
        artists.add(work.artist_slug, vector, colours)
        if work.movement:
            movements.add(work.movement, vector, colours)
    return Gathering(model_name(card), artists.portraits(), movements.portraits())


def _seen(store: ArtworkStore, *, coloured: bool) -> Iterator[tuple[Artwork, Vector, Vector | None]]:
    """Yield all works with their unit vectors and the shares of their colours, None where these are not known yet."""
    for batch in store.scan(batch=_BATCH):
        works, vectors = _there(store, batch)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        # A work is marked once it has its vectors in all lenses.
        marked = list(store.marks([work.id for work in works])) if coloured else []
        shares = dict(zip(marked, store.vectors(marked, lens=PALETTE) ** 2, strict=True)) if marked else {}
        for work, vector in zip(works, vectors, strict=True):
            yield work, vector, shares.get(work.id)


def _there(store: ArtworkStore, works: Sequence[Artwork]) -> tuple[Sequence[Artwork], Vector]:
    """Return those of the works that are still there, with their vectors."""
    while True:
        gone = set(store.missing([work.id for work in works]))
        works = [work for work in works if work.id not in gone]
        try:
            return works, store.vectors([work.id for work in works])
        except UnknownArtwork:
            # One was removed between the two calls.
            continue


def paint(store: ArtworkStore, path: Path) -> bool:
    """Write the portraits of a collection anew, whole or not at all; false while there is none. Raises OSError."""
    found = gather(store)
    if found is None:
        return False
    arrays: dict[str, np.ndarray] = {}
    told: dict[str, object] = {"model": found.model}
    for kind, portraits in (("artists", found.artists), ("movements", found.movements)):
        told[kind] = {"names": portraits.names, "counts": list(portraits.counts)}
        arrays[f"{kind}_middles"] = portraits.middles.astype(np.float16)
        arrays[f"{kind}_colours"] = portraits.colours.astype(np.float16)
    arrays["told"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    with whole_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    return True


def read(path: Path) -> Gathering | None:
    """Return the portraits in a file, None if it is damaged: the next run makes it anew."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            told = json.loads(held["told"].tobytes())
            artists, movements = (
                Portraits(
                    tuple(told[kind]["names"]),
                    told[kind]["counts"],
                    held[f"{kind}_middles"].astype(np.float32),
                    held[f"{kind}_colours"].astype(np.float32),
                )
                for kind in ("artists", "movements")
            )
            return Gathering(told["model"], artists, movements)
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None
