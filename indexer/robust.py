"""The middle of numbers and how far they lie around it, neither of which a few outliers move."""

import numpy as np
from numpy.typing import NDArray

_NORMAL = 1.4826
"""A normal distribution's standard deviation in median absolute deviations."""

Numbers = NDArray[np.floating]


def middle_and_spread(values: Numbers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and robust standard deviation (Rousseeuw and Croux, JASA 88, 1993) along the last axis.

    What is NaN does not count. scipy.stats.median_abs_deviation says the same, but takes twenty times as long where
    values are missing: 0.65 s of 20,000 rows of 20.
    """
    wide = np.asarray(values, np.float64)
    middle = np.asarray(np.nanmedian(wide, axis=-1))
    return middle, np.asarray(_NORMAL * np.nanmedian(np.abs(wide - middle[..., None]), axis=-1))
