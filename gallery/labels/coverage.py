"""How unevenly artists are covered: counts, shares of known facts, spread, and how many labels are in doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gallery.db import Session
from gallery.models.label_artists import LabelArtist, artist_page, artist_sizes, doubted_by_artist
from indexer.hubs import gini

MOST_BARS = 60
FEW = 5
"""Different pictures below which an artist's labels cannot be judged."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One page of artists, the largest first, and figures about all: `sizes` of up to 60 equal parts of the ranking,
    `known` the share of works with a year, a movement and a licence, `few` artists that cannot be judged.
    """

    rows: Sequence[LabelArtist]
    doubted: Mapping[str, int]
    artists: int
    works: int
    sizes: Sequence[float]
    largest_share: float
    gini: float
    known: Mapping[str, float]
    few: int


def coverage_of(session: Session, number: int, size: int) -> Coverage:
    """Return one page of artists with the figures of all, as the last run saw them."""
    rows, all_ = artist_page(session, number, size), artist_sizes(session)
    works = sum(all_.works)
    known = {"year": all_.years, "movement": all_.movements, "licence": all_.licences}
    return Coverage(
        rows,
        doubted_by_artist(session, [row.name for row in rows]),
        len(all_.works),
        works,
        _ranking(all_.works),
        sum(all_.works[: max(1, len(all_.works) // 10)]) / works if works else 0.0,
        gini(np.array(all_.works, np.int64)) if works else 0.0,
        {name: count / works if works else 0.0 for name, count in known.items()},
        sum(pictures < FEW for pictures in all_.pictures),
    )


def _ranking(works: Sequence[int]) -> list[float]:
    """Return the works of each artist, the largest first, or means of as many equal parts as there is room for."""
    if len(works) <= MOST_BARS:
        return [float(count) for count in works]
    return [float(part.mean()) for part in np.array_split(np.array(works), MOST_BARS)]
