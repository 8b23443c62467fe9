"""A backbone on a device, as the encoder the pipeline asks for."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexer.backbones.devices import Place, place
from indexer.backbones.folding import fold_norms, fuse
from indexer.backbones.networks import Network, trained
from indexer.backbones.observing import Observer, Sums
from indexer.encoder import Encoded
from indexer.errors import BackboneError
from indexer.preprocess import Normalisation
from indexer.store.model import CONTENT, ModelCard
from indexer.weights import WeightsFile


class TorchEncoder:
    """An `Encoder`: one forward pass gives vectors and scores; `lanes` threads may call it at a time."""

    def __init__(self, weights: WeightsFile, network: Network, place: Place) -> None:
        self._card, self._normalisation, self._place = weights.card, weights.backbone.normalisation, place
        # A copy, for the head may be a part of what is cast next, and it stays in full precision.
        self._head = copy.deepcopy(network.head).to(place.device)
        body = network.body
        fold_norms(body)
        body.to(place.device, place.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._body = fuse(body, place.device, place.dtype)
        self._observer = Observer(network.head, place.device, place.dtype)

    @property
    def card(self) -> ModelCard:
        """Which model this is."""
        return self._card

    @property
    def normalisation(self) -> Normalisation:
        """How pixels become its input."""
        return self._normalisation

    @property
    def lanes(self) -> int:
        """How many batches may run at a time, each from a thread of its own."""
        return self._place.lanes

    @property
    def batch(self) -> int:
        """How many pictures a batch should have here."""
        return self._place.batch

    @property
    def where(self) -> str:
        """Device and number format, such as `cpu, bfloat16`."""
        return str(self._place)

    def encode(self, batch: NDArray[np.float32]) -> Encoded:
        """Encode n x 3 x 224 x 224 normalised pictures; raise `BackboneError` when memory does not suffice."""
        # Holds for the calling thread alone.
        torch.set_num_threads(self._place.threads)
        try:
            with torch.inference_mode():
                pictures = torch.from_numpy(batch).to(
                    self._place.device, self._place.dtype, memory_format=torch.channels_last
                )
                # Pooled in full precision: the mean of 49 rounded numbers is better than their rounded mean.
                middle, last = self._pass(pictures)
                features = last.permute(0, 2, 3, 1).flatten(1, 2).float().mean(1)
                scores = self._head(features).softmax(1)
                vectors = nn.functional.normalize(features)
                observed = self._observer.observed(middle, last)
                return Encoded({CONTENT: vectors.cpu().numpy()}, scores.cpu().numpy(), observed)
        except torch.OutOfMemoryError as error:
            raise BackboneError(
                f"{self._place.device}: not enough memory for {len(batch)} pictures at a time. Lower --batch-size, or "
                f"use --device cpu."
            ) from error

    def _pass(self, pictures: Tensor) -> tuple[list[Sums], Tensor]:
        """Return what is kept of the second and third stage, and the last one's features.

        The first one's moments would take as much time again, and tell painters apart no better with them.
        """
        first, *middle, last = self._body
        kept, pictures = [], first(pictures)
        for stage in middle:
            pictures = stage(pictures)
            # At once, while the numbers are still in the cache; then they can go.
            kept.append(Sums(pictures))
        return kept, last(pictures)


def load(weights: WeightsFile, device: str = "auto") -> TorchEncoder:
    """Return the encoder of these weights; raise `WeightsError` or `BackboneError` saying what is wrong."""
    where = place(device)
    return TorchEncoder(weights, trained(weights), where)
