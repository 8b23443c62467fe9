"""Pages of a queue by keyset: each begins behind the last entry of the one before, however many there are."""

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Float, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

Entries = TypeVar("Entries", bound=Select[Any])


class Place(NamedTuple):
    """A place in a queue: the rank that orders it, and what tells entries of one rank apart."""

    rank: float
    key: int | str


class Ranked:
    """An entry of a queue that `rank` orders, the lowest first."""

    id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[float] = mapped_column(Float)

    @property
    def place(self) -> Place:
        """Its place in the queue."""
        return Place(self.rank, self.id)


def behind(
    entries: Entries,
    rank: InstrumentedAttribute[float],
    key: InstrumentedAttribute[Any],
    after: Place | None,
    size: int,
) -> Entries:
    """Return the first entries behind a place, or of all, in the order of the queue."""
    if after is not None:
        entries = entries.where(tuple_(rank, key) > tuple_(after.rank, after.key))
    return entries.order_by(rank, key).limit(size)
