"""Alembic's entry: take steps on the connection we are given, or compare with the configured database."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection

from gallery.models import Base
from gallery.models.base import Moment


def run(connection: Connection) -> None:
    """Run what Alembic was asked for; SQLite alters a table by making it anew."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=_as_plain_type
    )
    context.run_migrations()


def _as_plain_type(kind: str, item: object, _: object) -> str | Literal[False]:
    # A step must go on meaning the same whatever becomes of our own types.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    # The `alembic` command of someone who writes a new step.
    from gallery.db import Database
    from gallery.settings import GallerySettings

    with Database(GallerySettings().database).migrating() as connection:
        run(connection)
