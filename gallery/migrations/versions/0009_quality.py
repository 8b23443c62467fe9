"""Measures of pictures, what may be wrong with them, and what curators said of that."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('border', 'frame', 'blurry', 'dark', 'bright', 'flat', 'text', 'not-art', 'shape', 'greyscale')"
_OUTCOMES = "outcome IN ('fine', 'hidden', 'cropped', 'replaced')"


def upgrade() -> None:
    """Take the step."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "quality_measures",
        sa.Column("sha256", sa.String(length=64), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "quality_acts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("at", moment, nullable=False),
        sa.Column("undone_at", moment),
    )
    op.create_table(
        "quality_findings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("box", sa.JSON(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("act_id", sa.Integer(), sa.ForeignKey("quality_acts.id")),
        sa.Column("found_at", moment, nullable=False),
        sa.CheckConstraint(_KINDS, name="kind"),
        sa.CheckConstraint(_OUTCOMES, name="outcome"),
        sa.UniqueConstraint("sha256", "kind"),
    )
    op.create_index("ix_quality_findings_open_rank_id", "quality_findings", ["open", "rank", "id"])
    op.create_index("ix_quality_findings_act_id", "quality_findings", ["act_id"])


def downgrade() -> None:
    """Take it back."""
    for table in ("quality_findings", "quality_acts", "quality_measures"):
        op.drop_table(table)
