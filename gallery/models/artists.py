"""Artists as the admins know them; what visitors see of their works is in the collection."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, now

LONGEST_NAME = 120


class Artist(Base):
    """An artist with the facts about them; `slug` is that of the library's folder and of the works' payload."""

    __tablename__ = "artists"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    slug: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    aliases: Mapped[list[str]] = mapped_column(default=list)
    born: Mapped[int | None]
    died: Mapped[int | None]
    nationality: Mapped[str | None] = mapped_column(String(120))
    movements: Mapped[list[str]] = mapped_column(default=list)
    fields: Mapped[list[str]] = mapped_column(default=list)
    wikidata: Mapped[str | None] = mapped_column(String(16), index=True)
    wikipedia_url: Mapped[str | None] = mapped_column(String(2000))
    biography: Mapped[str | None] = mapped_column(Text)
    biography_source: Mapped[str | None] = mapped_column(String(2000))
    hidden: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


def artist_by_slug(session: Session, slug: str) -> Artist | None:
    """Return the artist whose works are filed under this slug."""
    return session.scalar(select(Artist).where(Artist.slug == slug))


def artist_by_id(session: Session, artist_id: int) -> Artist | None:
    """Return the artist with this id."""
    return session.get(Artist, artist_id)


def add_artist(session: Session, artist: Artist) -> Artist:
    """Store a new artist and give it its id."""
    session.add(artist)
    session.flush()
    return artist


def all_artists(session: Session) -> Sequence[Artist]:
    """Return every artist on file."""
    return session.scalars(select(Artist).order_by(Artist.slug)).all()


def put_on_file(session: Session, names: Mapping[str, str]) -> None:
    """Make a row for each artist, slug -> name; one that another process makes at the same time is left to it."""
    for slug, name in names.items():
        try:
            with session.begin_nested():
                session.add(Artist(slug=slug, name=name[:LONGEST_NAME]))
        except IntegrityError:
            continue


def remove_artist(session: Session, artist: Artist) -> None:
    """Take an artist off file; their jobs stay, without an artist."""
    session.delete(artist)
    session.flush()
