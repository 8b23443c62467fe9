"""What comes of looking for duplicates: pairs of works and how they are alike. Nothing here needs a library."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["exact", "near", "part", "alike"]


@dataclass(frozen=True, slots=True)
class Found:
    """Two works, by sha256, the smaller first, that show the same or are very much alike.

    `kind` is "exact" (the same pixels), "near" (one is all of the other), "part" (one is a part of the other) or
    "alike" (by vector alone); `score` how well they fit, or their cosine; `way` how the other is turned.
    """

    one: str
    other: str
    kind: Kind
    score: float
    way: int = 0
