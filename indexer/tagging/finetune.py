"""What training a network's last block is told and tells; nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Course:
    """How to train: `rate` is the last block's learning rate, ten times which the new head has."""

    exclusive: bool
    epochs: int = 5
    rate: float = 1e-4
    batch: int = 16
    device: str = "auto"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One epoch: mean loss and accuracy on what was learned from, and on what was held out."""

    epoch: int
    loss: float
    accuracy: float
    unseen_loss: float
    unseen_accuracy: float


@dataclass(frozen=True, slots=True)
class Finetuned:
    """The weights' file with its hash, and how the training went."""

    path: Path
    sha256: str
    rounds: tuple[Round, ...]


def held_out_fifth(groups: NDArray[np.intp], seed: int) -> NDArray[np.bool_]:
    """Return which of n works are only looked at: a fifth of the groups, so that no picture is on both sides."""
    names = np.unique(groups)
    chosen = np.random.default_rng(seed).permutation(names)[: max(1, len(names) // 5)]
    return np.isin(groups, chosen)
