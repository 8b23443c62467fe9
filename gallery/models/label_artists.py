"""How well each artist is covered, as the last look through all labels saw it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Float, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base
from gallery.models.labels import LONGEST_VALUE, LabelCase, waiting


class LabelArtist(Base):
    """How well an artist is covered, as the last run saw it: how many works, pictures and known facts.

    `spread` is the works' mean cosine distance to the medoid, `medoid` which work that is.
    """

    __tablename__ = "label_artists"

    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_VALUE))
    works: Mapped[int] = mapped_column(index=True)
    pictures: Mapped[int]
    years: Mapped[int]
    movements: Mapped[int]
    licences: Mapped[int]
    first: Mapped[int | None]
    last: Mapped[int | None]
    spread: Mapped[float] = mapped_column(Float)
    medoid: Mapped[str] = mapped_column(String(64))


def store_artists(session: Session, rows: Iterable[LabelArtist]) -> None:
    """Let these be all the artists whose coverage is known."""
    session.query(LabelArtist).delete()
    session.add_all(rows)
    session.flush()


class Sizes(NamedTuple):
    """What is known of all artists: works and pictures of each, the largest first, and sums of known facts."""

    works: list[int]
    pictures: list[int]
    years: int
    movements: int
    licences: int


def artist_sizes(session: Session) -> Sizes:
    """Return how large all artists are."""
    columns = select(LabelArtist.works, LabelArtist.pictures, LabelArtist.years)
    columns = columns.add_columns(LabelArtist.movements, LabelArtist.licences)
    rows = session.execute(columns.order_by(LabelArtist.works.desc(), LabelArtist.slug)).all()
    sums = [sum(row[at] for row in rows) for at in (2, 3, 4)]
    return Sizes([row[0] for row in rows], [row[1] for row in rows], *sums)


def artist_page(session: Session, number: int, size: int) -> Sequence[LabelArtist]:
    """Return a page of artists, the largest first."""
    rows = select(LabelArtist).order_by(LabelArtist.works.desc(), LabelArtist.slug)
    return session.scalars(rows.limit(size).offset((number - 1) * size)).all()


def doubted_by_artist(session: Session, names: Sequence[str]) -> Mapping[str, int]:
    """Return how many works filed under these names wait to be looked at, by name."""
    counted = select(LabelCase.stated, func.count()).where(*waiting("artist"), LabelCase.stated.in_(names))
    return {name: count for name, count in session.execute(counted.group_by(LabelCase.stated))}
