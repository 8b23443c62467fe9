"""A linear head on the stored vectors: what it says of them, and its file. Nothing here needs scikit-learn."""

import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import Vector
from indexer.tagging.errors import DamagedHead

Probabilities = NDArray[np.float32]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Head:
    """A calibrated classifier: `weights` k x width and `bias` k give scores, which `slope` k and `shift` k calibrate.

    Of exclusive classes the probabilities of a work sum to one; else each class stands for itself. `model` says in
    words which network the vectors are of, as `ModelCard` tells it.
    """

    classes: tuple[str, ...]
    exclusive: bool
    model: str
    weights: Vector
    bias: NDArray[np.float32]
    slope: NDArray[np.float32]
    shift: NDArray[np.float32]

    def probabilities(self, vectors: Vector) -> Probabilities:
        """Return how likely each of k classes is for n vectors, n x k."""
        scores = (vectors @ self.weights.T + self.bias) * self.slope + self.shift
        return softmax(scores) if self.exclusive else sigmoid(scores)

    def to_bytes(self) -> bytes:
        """Return its file: the same head gives the same bytes."""
        about = {
            "version": _VERSION,
            "classes": self.classes,
            "exclusive": self.exclusive,
            "model": self.model,
        }
        out = io.BytesIO()
        text = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
        np.savez(out, about=text, weights=self.weights, bias=self.bias, slope=self.slope, shift=self.shift)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, sha256: str) -> "Head":
        """Return the head of a file, whose hash must be this; raises `DamagedHead`."""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedHead(sha256, "its content has another hash")
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                arrays = {name: file[name] for name in ("weights", "bias", "slope", "shift")}
        except (BadZipFile, ValueError, KeyError, OSError) as error:
            raise DamagedHead(sha256, str(error)) from error
        return cls(tuple(about["classes"]), about["exclusive"], about["model"], **arrays)


def softmax(scores: NDArray[Any]) -> Probabilities:
    """Return probabilities that sum to one in each row."""
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True), np.float32)


def sigmoid(scores: NDArray[Any]) -> Probabilities:
    """Return a probability for each score by itself."""
    # By tanh, which does not overflow.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * scores)), np.float32)
