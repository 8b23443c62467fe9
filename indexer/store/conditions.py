"""Filters as conditions on payload fields, in terms that both engines know."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.store.model import Filters
from indexer.store.words import search_words, sound

ORDER = "order"
WORDS = "words"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field has one of these values."""

    field: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Begins:
    """The field, or an element of it, begins with this."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """The number lies between these, both included; None leaves an end open."""

    field: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class HasId:
    """The point is one of these."""

    ids: Sequence[str]


Condition = AnyOf | Begins | Between | HasId


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that must all hold, and conditions none of which may."""

    must: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()

    def without(self, *conditions: Condition) -> "Where":
        """Return the same, leaving out what meets any of `conditions`."""
        return Where(self.must, self.must_not + conditions)


EVERYTHING = Where()


def where(filters: Filters) -> Where:
    """Return the conditions that say what `filters` says."""
    equal = {
        "artist_slug": filters.artist,
        "movement": filters.movement,
        "licence": filters.licence,
        "cluster": filters.cluster,
        "seen_words": filters.seen,
        "given_words": filters.given,
        "tags": filters.tag,
        "source": filters.source,
    }
    must: list[Condition] = [AnyOf(field, [sound(value)]) for field, value in equal.items() if value is not None]
    if filters.years is not None and filters.years != (None, None):
        must.append(Between("year", *filters.years))
    if filters.only is not None:
        must.append(HasId(filters.only))
    must += [Begins(WORDS, word) for word in search_words(filters.words or "")]
    must_not: list[Condition] = [HasId(filters.but)] if filters.but else []
    if filters.not_artist is not None:
        must_not.append(AnyOf("artist_slug", [sound(filters.not_artist)]))
    return Where(tuple(must), tuple(must_not))
