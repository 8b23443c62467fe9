"""What is asked of a bundle: its formats, its classes, its split, the licences that are wanted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from indexer.errors import BadOrder
from indexer.store.model import CONTENT, Artwork
from scraper.names import slug

Format = Literal["imagefolder", "webdataset", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
WITH_PICTURES: frozenset[Format] = frozenset({"imagefolder", "webdataset"})

PLAIN_CLASSES = ("artist", "movement", "cluster", "tag")
"""What works can be classed by besides the sets of tags."""

SIDES = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of the sides, which add up to 1, and where chance begins."""

    shares: tuple[float, float, float]
    seed: int = 0

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> "Split":
        """Return what "80/10/10" says; raises `BadOrder`."""
        try:
            parts = [float(part) for part in text.split("/")]
        except ValueError:
            parts = []
        # Written so that NaN fails, too.
        if len(parts) != len(SIDES) or not all(0 <= part < 1e6 for part in parts) or not sum(parts) > 0:
            raise BadOrder(f"{text[:40]!r} is not a split: give three shares, such as 80/10/10.")
        train, validation, test = (part / sum(parts) for part in parts)
        return cls((train, validation, test), seed)

    def __str__(self) -> str:
        return "/".join(f"{100 * share:g}" for share in self.shares)


@dataclass(frozen=True, slots=True)
class BundleOrder:
    """What is wanted; `by` is one of `PLAIN_CLASSES` or the name of a set of tags, no `licences` means all open ones.

    `shard_bytes` is how large a shard of WebDataset grows, `site` the address of the gallery it comes from.
    """

    formats: frozenset[Format] = frozenset({"imagefolder", "csv"})
    by: str = "artist"
    split: Split | None = None
    licences: frozenset[str] = frozenset()
    shard_bytes: int = 256 * 2**20
    lens: str = CONTENT
    site: str = ""
    name: str = "Semantic Gallery"

    @property
    def with_pictures(self) -> bool:
        """Whether any of the formats holds pictures."""
        return bool(self.formats & WITH_PICTURES)


def check_classes(by: str, works: Iterable[Artwork]) -> None:
    """Raise `BadOrder` if there is nothing such that works could be classed by it."""
    if by in PLAIN_CLASSES:
        return
    sets = {name for work in works for name, *_ in work.given}
    if by not in sets:
        known = ", ".join([*PLAIN_CLASSES, *sorted(sets)])
        raise BadOrder(f"works cannot be classed by {by[:60]!r}: no work has a tag of such a set. There are {known}.")


def class_of(work: Artwork, by: str) -> str:
    """Return the class of a work, as a word that is safe as the name of a folder, whatever the work is called."""
    if by == "artist":
        return slug(work.artist)
    if by == "movement":
        return slug(work.movement) if work.movement else "no-movement"
    if by == "cluster":
        return f"cluster-{slug(work.cluster)}" if work.cluster else "no-cluster"
    if by == "tag":
        tags = [label for _, label, *_ in work.given] + [word for word, _ in work.seen] + list(work.tags)
        return slug(tags[0]) if tags else "no-tag"
    given = next((label for name, label, *_ in work.given if name == by), None)
    return slug(given) if given else "no-tag"
