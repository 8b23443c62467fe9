"""The process that holds the network for `desk`: `python -m indexer.lookup.network`; it loads it once and stays.

The order, pickled, is the first message; it answers "ready", or why it cannot be. Then come pictures of 224 x 224
pixels, one at a time, and vectors go back.
"""

import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from indexer.errors import IndexerError, WrongModel
from indexer.lookup.child import READY
from indexer.preprocess import CROP, normalise
from indexer.store.model import CONTENT, ModelCard
from indexer.weights import find_weights


@dataclass(frozen=True, slots=True)
class Order:
    """Which network it is to be: as the settings say, and as the collection knows it."""

    backbone: str
    weights: Path | None
    device: str
    stored: ModelCard
    where: str


def main() -> None:
    """Answer until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire = Connection(os.dup(0))
    order: Order = wire.recv()
    try:
        weights = find_weights(order.backbone, order.weights, lambda said: None, stored=order.stored)
        if same(weights.card) != same(order.stored):
            raise WrongModel(order.where, str(order.stored), str(weights.card))
        encoder = weights.model(order.device).load()
    except IndexerError as error:
        wire.send_bytes(str(error).encode())
        return
    wire.send_bytes(READY)
    while True:
        try:
            pixels = np.frombuffer(wire.recv_bytes(), np.uint8).reshape(CROP, CROP, 3)
        except (EOFError, ConnectionResetError):
            return
        made = encoder.encode(normalise([pixels], encoder.normalisation))
        wire.send_bytes(np.ascontiguousarray(made.vectors[CONTENT][0], dtype=np.float32).tobytes())


def same(card: ModelCard) -> tuple[str, str, str]:
    """Return what two models must have in common to make the same vectors of content."""
    return card.backbone, card.weights_sha256, card.preprocessing


if __name__ == "__main__":
    main()
