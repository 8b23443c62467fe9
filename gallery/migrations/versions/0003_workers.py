"""Who works on a job, whether it was asked to stop, and when it goes on by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("jobs", sa.Column("worker", sa.String(length=120)))
    op.add_column("jobs", sa.Column("cancel_asked_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("resume_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("jobs") as jobs:
        for column in ("resume_at", "cancel_asked_at", "worker"):
            jobs.drop_column(column)
