"""Pairs of works that may be the same, what curators said of them, and works merged away."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('exact', 'near', 'part', 'alike')"
_VERDICTS = "verdict IN ('same-file', 'same-work', 'variant', 'detail', 'different')"
_STATES = "state IN ('merging', 'merged', 'undoing', 'undone', 'emptying', 'emptied')"


def upgrade() -> None:
    """Take the step."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "duplicate_acts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("at", moment, nullable=False),
        sa.Column("undone_at", moment),
    )
    op.create_table(
        "duplicate_pairs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("one", sa.String(length=64), nullable=False),
        sa.Column("other", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("way", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(length=16)),
        sa.Column("act_id", sa.Integer(), sa.ForeignKey("duplicate_acts.id")),
        sa.Column("found_at", moment, nullable=False),
        sa.CheckConstraint(_KINDS, name="kind"),
        sa.CheckConstraint(_VERDICTS, name="verdict"),
        sa.UniqueConstraint("one", "other"),
    )
    op.create_index("ix_duplicate_pairs_open_rank_id", "duplicate_pairs", ["open", "rank", "id"])
    op.create_index("ix_duplicate_pairs_other", "duplicate_pairs", ["other"])
    op.create_index("ix_duplicate_pairs_act_id", "duplicate_pairs", ["act_id"])
    op.create_table(
        "duplicate_merges",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("keeper", sa.String(length=64), nullable=False),
        sa.Column("gone", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("act_id", sa.Integer(), sa.ForeignKey("duplicate_acts.id"), nullable=False),
        sa.CheckConstraint(_STATES, name="state"),
    )
    for column in ("keeper", "gone", "state", "act_id"):
        op.create_index(f"ix_duplicate_merges_{column}", "duplicate_merges", [column])


def downgrade() -> None:
    """Take it back."""
    for table in ("duplicate_merges", "duplicate_pairs", "duplicate_acts"):
        op.drop_table(table)
