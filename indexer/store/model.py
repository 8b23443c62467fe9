"""What goes into the store and what comes out of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

CONTENT = "content"
"""The first lens: the L2-normalised features of the backbone's global average pool."""

STYLE, PALETTE, COMPOSITION = "style", "palette", "composition"
"""The lenses that a collection gets once their statistics are fitted to it."""


CURATOR, MACHINE = "curator", "machine"
"""By whose word a work has a class: a person's, which always wins, or a model's."""


def artwork_id(sha256: str) -> str:
    """Return the id of the picture with this hash: the UUID made of its first 16 bytes."""
    return str(uuid.UUID(bytes=bytes.fromhex(sha256)[:16]))


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Which model made the vectors; a collection takes vectors of one card only.

    `widths` maps each lens to the length of its vectors; `statistics` names those that the vectors of all
    lenses but `content` were made with, once there are any.
    """

    backbone: str
    weights_sha256: str
    preprocessing: str
    widths: Mapping[str, int]
    statistics: str | None = None

    def __str__(self) -> str:
        lenses = ", ".join(f"{lens} {width}" for lens, width in sorted(self.widths.items()))
        return f"{self.backbone} (weights {self.weights_sha256[:12]}, {self.preprocessing}; {lenses})"

    def covers(self, other: "ModelCard") -> bool:
        """Tell whether this is the same model with all lenses of the other, and maybe more."""
        made = [(card.backbone, card.weights_sha256, card.preprocessing) for card in (self, other)]
        return made[0] == made[1] and other.widths.items() <= self.widths.items()


@dataclass(frozen=True, slots=True)
class Artwork:
    """Everything a page shows or filters by; stored as the point's payload.

    `width` and `height` are pixels of the original, or of the part of it that is shown where `crop` names one (left,
    top, right and bottom as shares); `added_at` is in seconds since the epoch (UTC), `placeholder` a tiny WebP in
    base64, `revision` that of the library's record it was made from, `cluster` the id of its cluster once clusters
    were made. `seen` are words for what the network sees and `labels` its first classes, each with a probability;
    `seen_words` those words and the broader ones above them. `given` are classes of curators' own sets: set, class,
    probability, and whether a `curator` or the `machine` says so; `given_words` the same as "Set: class".
    """

    sha256: str
    title: str
    artist: str
    artist_slug: str
    width: int
    height: int
    format: str
    added_at: float
    revision: int
    year: int | None = None
    movement: str | None = None
    medium: str | None = None
    institution: str | None = None
    tags: tuple[str, ...] = ()
    licence: str = "unknown"
    licence_url: str | None = None
    holder: str | None = None
    credit: str | None = None
    source: str | None = None
    page_url: str | None = None
    artist_match: str = "not-stated"
    placeholder: str | None = None
    cluster: str | None = None
    seen: tuple[tuple[str, float], ...] = ()
    seen_words: tuple[str, ...] = ()
    labels: tuple[tuple[str, float], ...] = ()
    given: tuple[tuple[str, str, float, str], ...] = ()
    given_words: tuple[str, ...] = ()
    crop: tuple[float, ...] = ()

    @property
    def id(self) -> str:
        """The point's id."""
        return artwork_id(self.sha256)

    @property
    def keywords(self) -> tuple[str, ...]:
        """Classes of curators' sets and the sources' tags, each once."""
        return tuple(dict.fromkeys((*(label for _, label, *_ in self.given), *self.tags)))

    def to_payload(self) -> dict[str, Any]:
        """Return the payload as plain JSON values, without what is not known."""
        return {k: _listed(v) for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Artwork":
        """Return the artwork of a payload, ignoring fields that other parts keep beside ours."""
        values = {name: payload[name] for name in _FIELDS if name in payload}
        for name in _TUPLES & values.keys():
            values[name] = tuple(tuple(each) if isinstance(each, list) else each for each in values[name])
        return cls(**values)


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


_FIELDS = tuple(field.name for field in fields(Artwork))
_TUPLES = frozenset(field.name for field in fields(Artwork) if field.default == ())


@dataclass(frozen=True, slots=True)
class Filters:
    """Which artworks a query may return; an empty field lets everything through.

    `years` is inclusive on both ends and either end may be None; `words` must all occur in title,
    artist or tags (prefixes count, case and accents do not); `only` are the ids of those that may come, `but` of
    those that may not.
    """

    artist: str | None = None
    not_artist: str | None = None
    movement: str | None = None
    years: tuple[int | None, int | None] | None = None
    licence: str | None = None
    words: str | None = None
    cluster: str | None = None
    seen: str | None = None
    tag: str | None = None
    source: str | None = None
    only: tuple[str, ...] | None = None
    but: tuple[str, ...] = ()
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An artwork with its cosine similarity to the query, -1 to 1."""

    artwork: Artwork
    score: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; `total` counts all pages' artworks."""

    artworks: tuple[Artwork, ...]
    total: int
    number: int
    size: int

    @property
    def last(self) -> int:
        """Number of the last page, at least 1."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """One page of neighbours, nearest first; `more` tells whether another page follows."""

    found: tuple[Neighbour, ...]
    number: int
    more: bool


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many artworks have this value of a payload field."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What the collection holds: `indexed` counts vectors in the HNSW graph."""

    artworks: int
    indexed: int
    engine: str
    where: str
    card: ModelCard | None


@dataclass(frozen=True, slots=True)
class Examples:
    """Artworks to be like and to be unlike, by id."""

    likes: Sequence[str]
    dislikes: Sequence[str] = field(default=())


Asked = str | Vector | Examples | Mapping[str, Vector]
"""What neighbours are asked for: of an artwork by its id, of a vector, of examples, or of a vector for each lens."""
