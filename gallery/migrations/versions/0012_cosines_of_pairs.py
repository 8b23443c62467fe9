"""How alike two works were, and by which model, when a curator decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("duplicate_pairs", sa.Column("cosine", sa.Float()))
    op.add_column("duplicate_pairs", sa.Column("model", sa.String(length=64)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("duplicate_pairs") as changed:
        changed.drop_column("model")
        changed.drop_column("cosine")
