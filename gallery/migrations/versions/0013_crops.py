"""Parts of pictures that are shown, and what they were before an act."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "crops",
        sa.Column("sha256", sa.String(length=64), primary_key=True),
        sa.Column("box", sa.JSON(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("quality_acts", sa.Column("before", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("quality_acts") as changed:
        changed.drop_column("before")
    op.drop_table("crops")
