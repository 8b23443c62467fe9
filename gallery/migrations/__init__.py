"""How the tables came to be, step by step, with Alembic; an installed package carries all steps.

After changing gallery/models, write the next step with
`alembic revision --autogenerate -m "what changes"`, read it, and set `HEAD` to it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0014"
"""The revision that gallery/models describes; a test compares both."""


def revision(connection: Connection) -> str | None:
    """Return the revision of a database's tables, None if it has none; Alembic is not needed to know."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def known(found: str | None) -> bool:
    """Tell whether a revision is one of our steps; one that is not was made by a newer gallery."""
    from alembic.script import ScriptDirectory

    steps = {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}
    return found is None or found in steps


def upgrade(connection: Connection, to: str = "head") -> None:
    """Take all steps that are missing, within the connection's transaction."""
    from alembic import command

    command.upgrade(_config(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Go back to an earlier revision, "base" being none, within the connection's transaction."""
    from alembic import command

    command.downgrade(_config(connection), to)


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
