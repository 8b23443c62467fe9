"""How somebody who asks for a takedown can be reached, and what they have to do with the work."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("takedowns", sa.Column("relation", sa.String(length=64)))
    op.add_column("takedowns", sa.Column("email", sa.String(length=254)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("takedowns") as takedowns:
        for column in ("email", "relation"):
            takedowns.drop_column(column)
