"""What all tables share: names of constraints, moments in UTC, and words from a fixed list."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, MetaData, select
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

# Constraints need names for a later migration to drop or change them, in SQLite above all.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A moment with its zone; SQLite, which knows no zones, keeps it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone, which would be stored as whatever the machine's clock means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables. Lists and dicts are JSON: assign a new one, a change inside it is not noticed."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Moment, list[str]: JSON, dict[str, Any]: JSON}  # noqa: RUF012


T = TypeVar("T")
Row = TypeVar("Row", bound=Base)


def in_parts(values: Iterable[T], most: int = 900) -> Iterator[list[T]]:
    """Yield all values, so many at once: databases limit how many of them one question may name."""
    left = iter(values)
    while some := list(islice(left, most)):
        yield some


def rows_by_id(session: Session, table: type[Row], ids: Iterable[int]) -> dict[int, Row]:
    """Return those rows of a table that have these ids, by their ids."""
    key = table.__mapper__.primary_key[0]
    asked = (select(key, table).where(key.in_(some)) for some in in_parts(set(ids)))
    return {number: row for each in asked for number, row in session.execute(each)}


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def one_of(column: str, words: Sequence[str]) -> CheckConstraint:
    """Return the constraint that keeps a column to a fixed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
