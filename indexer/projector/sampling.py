"""Which works to take when there are too many: some of every stratum, in proportion to its size."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def sample(strata: Sequence[str], most: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Return the rows to keep, at most `most` of them in rising order; `strata` names the stratum of each row.

    Each stratum gets its share, rounded by largest remainders, and at least one row as long as there are
    enough for all of them. Within a stratum chance decides, the same way for the same seed.
    """
    if most < 1:
        raise ValueError(f"a sample has at least one row, not {most}")
    if len(strata) <= most:
        return np.arange(len(strata))
    _, codes, sizes = np.unique(np.asarray(strata), return_inverse=True, return_counts=True)
    quotas = _quotas(sizes, most)
    order = np.random.default_rng(seed).permutation(len(codes))
    # Stable, so that each stratum's rows stay in the order of the shuffle.
    by_stratum = order[np.argsort(codes[order], kind="stable")]
    firsts = np.cumsum(sizes) - sizes
    within = np.arange(len(codes)) - np.repeat(firsts, sizes)
    kept: NDArray[np.intp] = np.sort(by_stratum[within < np.repeat(quotas, sizes)])
    return kept


def _quotas(sizes: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return how many rows each stratum gives; they sum to `most`, and none is above its size."""
    floor = np.ones_like(sizes) if len(sizes) <= most else np.zeros_like(sizes)
    # What is left after one for each is shared in proportion to what each has left.
    left, rest = most - int(floor.sum()), sizes - floor
    shares = rest * (left / max(1, int(rest.sum())))
    quotas = np.minimum(np.floor(shares).astype(sizes.dtype), rest)
    missing = left - int(quotas.sum())
    by_remainder = np.argsort(-(shares - quotas), kind="stable")
    for stratum in by_remainder[:missing]:
        quotas[stratum] += 1
    shared: NDArray[np.intp] = quotas + floor
    return shared
