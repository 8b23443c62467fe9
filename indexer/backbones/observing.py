"""What a pass leaves on its way for the lenses: moments of the middle layers, a coarse grid, the last layer's cells."""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from indexer.encoder import Observed

GRID, CHANNELS = 4, 64
_SEED = 20_260_101


class Sums:
    """What is kept of one layer: means of its numbers and of their squares over a grid of 4 x 4, n x 16 x c each."""

    def __init__(self, layer: Tensor) -> None:
        places, pooling = _places(layer), _pooling(*layer.shape[-2:], layer.dtype, layer.device)
        # Products of matrices in the network's own numbers, which is what the machine is fast at; the sixteen are then
        # added up in full precision, for moments want more of it than one sum has.
        self.grid, self._squares = (pooling @ places).float(), (pooling @ (places * places)).float()

    def moments(self) -> list[Tensor]:
        """Return mean and standard deviation of each channel, n x c."""
        mean = self.grid.mean(1)
        return [mean, (self._squares.mean(1) - mean * mean).clamp_(min=0).sqrt_()]


class Observer:
    """Turns what a network's stages give into `Observed`; needs no statistics, only the network itself."""

    def __init__(self, head: nn.Linear, device: torch.device, dtype: torch.dtype) -> None:
        self._cells = _directions(head.weight.detach().float().cpu()).to(device, dtype)

    def observed(self, middle: list[Sums], last: Tensor) -> Observed:
        """Return what the middle stages and the last features, n x c x h x w, have."""
        moments = torch.cat([each for sums in middle for each in sums.moments()], 1)
        grid = middle[-1].grid
        grid = grid @ _signs(grid.shape[-1]).to(grid.device)
        cells = (_places(last) @ self._cells).float()
        return Observed(moments.cpu().numpy(), grid.cpu().numpy(), cells.cpu().numpy())


def _places(layer: Tensor) -> Tensor:
    """Return n x c x h x w as n x places x c, which for channels-last memory moves nothing."""
    return layer.permute(0, 2, 3, 1).flatten(1, 2)


@cache
def _pooling(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the matrix (16 x places) that averages over a grid of 4 x 4."""
    each = torch.eye(height * width).reshape(-1, 1, height, width)
    return nn.functional.adaptive_avg_pool2d(each, GRID).flatten(1).T.contiguous().to(device, dtype)


def _directions(weight: Tensor) -> Tensor:
    """Return the 64 directions (c x 64) in which the classifier's weights (1,000 x c) differ most.

    Its principal components keep as much of which places match as those of the places of 64 paintings: of the
    ten best pairs of places of two works, 6.6 against 6.2. They need no pictures, so they are there from the first.
    """
    centred = (weight - weight.mean(0)).double()
    _, between = torch.linalg.eigh(centred @ centred.T)
    axes = nn.functional.normalize(centred.T @ between.flip(1)[:, : Observed.DEPTH], dim=0)
    # Which way an axis points is chance: always the same.
    signs = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    return (axes * signs).float()


@cache
def _signs(channels: int) -> Tensor:
    """Return a random projection (channels x 64) of plus and minus ones, the same on every machine.

    By Achlioptas (2003), distances outlast it as they do one by Gaussian numbers.
    """
    words = np.random.PCG64(_SEED).random_raw(channels * CHANNELS // 64)
    bits = np.unpackbits(np.asarray(words, dtype="<u8").view(np.uint8)).astype(np.float32)
    return torch.from_numpy((2 * bits - 1).reshape(channels, CHANNELS) / channels**0.5)
