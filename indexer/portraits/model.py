"""What artists and movements are like as a whole, as pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexer.lenses.swatches import Swatch, palette_of
from indexer.store.model import ModelCard, Vector


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


def model_name(card: ModelCard) -> str:
    """Return what tells the vectors of one model from those of another."""
    return f"{card.backbone} {card.weights_sha256} {card.preprocessing}"
