"""Artworks and vectors for tests of the store, the same each time."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from indexer.store.model import CONTENT, Artwork, ModelCard, Vector

WIDTH = 12
CARD = ModelCard("resnet18", "ab" * 32, "none", {CONTENT: WIDTH})
OTHER = ModelCard("resnet50", "cd" * 32, "none", {CONTENT: WIDTH})


def artwork(number: int, **facts: Any) -> Artwork:
    """Return the artwork of this number; each hundred seconds five come in at one moment."""
    plain: dict[str, Any] = {
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "title": f"Study {number}",
        "artist": f"Painter {number % 7}",
        "artist_slug": f"painter-{number % 7}",
        "width": 640,
        "height": 480,
        "format": "JPEG",
        "added_at": 1_700_000_000.0 + number // 5 * 100,
        "revision": 1 + number % 3,
        "year": None if number % 9 == 0 else 1850 + number,
        "movement": ("Tides", "Ebb & Flow", None)[number % 3],
        "licence": ("unknown", "PDM-1.0")[number % 2],
        "tags": ("sea", "cliff")[: number % 3],
    }
    return Artwork(**plain | facts)


def artworks(count: int) -> list[Artwork]:
    """Return the first artworks."""
    return [artwork(number) for number in range(count)]


def vectors(count: int, width: int = WIDTH, seed: int = 5) -> Vector:
    """Return vectors of unit length, n x width."""
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def newest_first(works: Sequence[Artwork]) -> list[Artwork]:
    """Return the works as pages list them."""
    return sorted(works, key=lambda work: (-work.added_at, work.id))
