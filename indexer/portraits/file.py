"""The file of portraits: a row for the works of each artist in each movement, replaced whole or not at all."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from indexer.portraits.model import Gathering, Portraits
from indexer.store.model import Vector
from scraper.disk import whole_file


class Label(NamedTuple):
    """Whose works a row sums up, how many there are and how many of them have colours.

    `movement` is None for works of none; `version` changes when anything does that the row is made of.
    """

    artist: str
    movement: str | None
    version: str
    works: int
    coloured: int


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """All rows of a collection, and the model they were made by.

    `middles` are the means of the works' unit vectors (rows x width), `colours` of their Lab histograms, zeros where
    no work has any yet.
    """

    model: str
    labels: list[Label]
    middles: Vector
    colours: Vector


def write(path: Path, rows: Rows) -> None:
    """Put these rows in place of those before; raises OSError, changing nothing."""
    told = {"model": rows.model, "labels": rows.labels}
    with whole_file(path) as file:
        np.savez(
            file,
            told=np.frombuffer(json.dumps(told).encode(), np.uint8),
            middles=rows.middles.astype(np.float16),
            colours=rows.colours.astype(np.float16),
        )


def read_rows(path: Path) -> Rows | None:
    """Return the rows in a file, None if there is none or it is damaged: the next run makes it anew."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            told = json.loads(held["told"].tobytes())
            labels = [Label(*each) for each in told["labels"]]
            middles, colours = held["middles"].astype(np.float32), held["colours"].astype(np.float32)
            if not len(labels) == len(middles) == len(colours):
                return None
            return Rows(told["model"], labels, middles, colours)
    except (FileNotFoundError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None


def read(path: Path) -> Gathering | None:
    """Return the portraits of artists and of movements in a file, None as `read_rows` does."""
    rows = read_rows(path)
    if rows is None:
        return None
    artists = [label.artist for label in rows.labels]
    movements = [label.movement for label in rows.labels]
    return Gathering(rows.model, _summed(rows, artists), _summed(rows, movements))


def _summed(rows: Rows, groups: Sequence[str | None]) -> Portraits:
    """Sum up rows by the group each is of; those of no group count nowhere."""
    places = {name: place for place, name in enumerate(dict.fromkeys(filter(None, groups)))}
    mine = [row for row, name in enumerate(groups) if name]
    into = [places[name] for name in groups if name]

    def means(counts: Sequence[int], values: Vector) -> tuple[list[int], Vector]:
        weights = np.array(counts, np.float32)[mine]
        sums, totals = np.zeros((len(places), values.shape[1]), np.float32), np.zeros(len(places), np.float32)
        np.add.at(totals, into, weights)
        np.add.at(sums, into, values[mine] * weights[:, None])
        sums /= np.maximum(totals, 1)[:, None]
        return totals.astype(int).tolist(), sums

    counts, middles = means([label.works for label in rows.labels], rows.middles)
    return Portraits(tuple(places), counts, middles, means([label.coloured for label in rows.labels], rows.colours)[1])
