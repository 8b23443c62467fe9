"""A perceptual hash: 64 bits that a picture keeps when it is resized, recompressed or lightly retouched.

The signs of a picture's lowest frequencies against their median, after Zauner, "Implementation and Benchmarking of
Perceptual Image Hash Functions" (2010): a picture in 32 x 32 greys, its cosine transform, the 8 x 8 of it that
follow the mean. In plain Python, so that the process that decodes strangers' pictures needs nothing more than Pillow.
"""

from math import cos, pi
from operator import mul
from statistics import median

from PIL import Image

_SIDE, _KEPT = 32, 8
_WAYS = tuple(Image.Transpose)
_COSINES = [[cos(pi * wave * (2 * at + 1) / (2 * _SIDE)) for at in range(_SIDE)] for wave in range(1, _KEPT + 1)]
# A picture whose greys differ by less shows nothing that a hash could be of: a blank sheet is like all others.
_LEAST_CONTRAST = 16


def perceptual_hash(image: Image.Image) -> str:
    """Return the hash as 16 hexadecimal digits; pictures that look the same differ in few bits."""
    greys = _greys(image).tobytes()
    rows = [greys[at : at + _SIDE] for at in range(0, _SIDE * _SIDE, _SIDE)]
    tall = [[sum(map(mul, cosines, column)) for column in zip(*rows, strict=True)] for cosines in _COSINES]
    waves = [sum(map(mul, line, cosines)) for line in tall for cosines in _COSINES]
    middle = median(waves)
    return f"{sum((wave > middle) << at for at, wave in enumerate(reversed(waves))):016x}"


def all_orientations(image: Image.Image) -> tuple[str, ...]:
    """Return the hashes a picture has in the eight ways it can be turned and mirrored, as it is first."""
    greys = _greys(image)
    return tuple(dict.fromkeys([perceptual_hash(greys), *(perceptual_hash(greys.transpose(way)) for way in _WAYS)]))


def has_features(image: Image.Image) -> bool:
    """Return whether a picture shows anything that tells it from others of one colour."""
    low, high = (float(level) for level in _greys(image).getextrema())  # type: ignore[arg-type]
    return high - low >= _LEAST_CONTRAST


def distance(one: str, other: str) -> int:
    """Return in how many bits two perceptual hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _greys(image: Image.Image) -> Image.Image:
    return image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
