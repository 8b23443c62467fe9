"""The process that holds the network for `desk`: `python -m indexer.lookup.network`; it loads it once and stays.

The order, pickled, is the first message; it answers "ready", or why it cannot be. Then come pictures of 224 x 224
pixels, one at a time, and their vectors go back: of content, and of the other lenses where the collection has any.
"""

import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from indexer.child import READY
from indexer.encoder import Encoder
from indexer.errors import IndexerError, StatisticsLost, WrongModel
from indexer.lenses.features import features_of
from indexer.lenses.names import known_lenses
from indexer.lenses.statistics import Statistics, load
from indexer.preprocess import SIDE, Pixels, normalise
from indexer.store.model import ModelCard, Vector
from indexer.weights import find_weights


@dataclass(frozen=True, slots=True)
class Order:
    """Which network it is to be: as the settings say, and as the collection knows it; and where statistics lie."""

    backbone: str
    weights: Path | None
    device: str
    stored: ModelCard
    where: str
    statistics: Path | None = None


def main() -> None:
    """Answer until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire = Connection(os.dup(0))
    order: Order = wire.recv()
    try:
        weights = find_weights(order.backbone, order.weights, lambda said: None, stored=order.stored)
        if same(weights.card) != same(order.stored):
            raise WrongModel(order.where, str(order.stored), str(weights.card))
        encoder, statistics = weights.model(order.device).load(), _statistics(order)
    except IndexerError as error:
        wire.send_bytes(str(error).encode())
        return
    wire.send_bytes(READY)
    while True:
        try:
            pixels = np.frombuffer(wire.recv_bytes(), np.uint8).reshape(SIDE, SIDE, 3)
        except (EOFError, ConnectionResetError):
            return
        wire.send_bytes(np.concatenate(seen(encoder, statistics, pixels)).astype(np.float32).tobytes())


def seen(encoder: Encoder, statistics: Statistics | None, pixels: Pixels) -> list[Vector]:
    """Return the vectors of a picture, that of content first."""
    made = encoder.encode(normalise([pixels], encoder.normalisation))
    vectors = dict(made.vectors)
    if statistics is not None and made.observed is not None:
        vectors |= statistics.vectors(features_of(made.observed, [pixels]))
    return [vectors[lens][0] for lens in known_lenses(vectors)]


def apart(numbers: Vector, card: ModelCard) -> dict[str, Vector]:
    """Return by lens what `seen` put one after the other: for a collection with this card, or of content alone."""
    ends = np.cumsum([card.widths[lens] for lens in known_lenses(card.widths)])
    parts = np.split(numbers, ends[:-1])
    return {lens: part for lens, part in zip(known_lenses(card.widths), parts, strict=True) if len(part)}


def _statistics(order: Order) -> Statistics | None:
    if order.statistics is None or order.stored.statistics is None:
        return None
    try:
        return load(order.statistics, order.stored.statistics)
    except StatisticsLost:
        # Works are then compared by their subject.
        return None


def same(card: ModelCard) -> tuple[str, str, str]:
    """Return what two models must have in common to make the same vectors of content."""
    return card.backbone, card.weights_sha256, card.preprocessing


if __name__ == "__main__":
    main()
