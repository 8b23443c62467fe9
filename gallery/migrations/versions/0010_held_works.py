"""Works held for review, those that passed, and what curators said of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "held_acts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "held_works",
        sa.Column("sha256", sa.String(length=64), primary_key=True),
        sa.Column("artist_slug", sa.String(length=120), nullable=False),
        sa.Column("artist", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("nearest", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("act_id", sa.Integer(), sa.ForeignKey("held_acts.id")),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('held', 'published', 'hidden', 'wrong-artist')", name="state"),
    )
    op.create_index("ix_held_works_state_score", "held_works", ["state", "score", "sha256"])
    op.create_index("ix_held_works_act_id", "held_works", ["act_id"])
    op.create_table("passed_works", sa.Column("sha256", sa.String(length=64), primary_key=True))


def downgrade() -> None:
    """Take it back."""
    for table in ("passed_works", "held_works", "held_acts"):
        op.drop_table(table)
