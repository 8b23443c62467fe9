"""Labels that may be wrong, what curators said of them, and corrections of artist and movement."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0010"
branch_labels = None
depends_on = None

_BEFORE = "field IN ('title', 'year', 'licence', 'credit')"
_NOW = "field IN ('title', 'artist', 'movement', 'year', 'licence', 'credit')"


def upgrade() -> None:
    """Take the step."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "label_cases",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("stated", sa.String(length=300), nullable=False),
        sa.Column("suggested", sa.String(length=300)),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(length=16)),
        sa.Column("before", sa.JSON()),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("decided_at", moment),
        sa.Column("found_at", moment, nullable=False),
        sa.CheckConstraint("field IN ('artist', 'movement', 'year')", name="field"),
        sa.CheckConstraint("reason IN ('alike', 'outlier', 'far', 'impossible')", name="reason"),
        sa.CheckConstraint("verdict IN ('right', 'corrected', 'hidden', 'unsure')", name="verdict"),
        sa.UniqueConstraint("sha256", "field", "stated"),
    )
    op.create_index("ix_label_cases_open_rank_id", "label_cases", ["open", "rank", "id"])
    op.create_index("ix_label_cases_open_field_rank_id", "label_cases", ["open", "field", "rank", "id"])
    op.create_index("ix_label_cases_verdict_decided_at", "label_cases", ["verdict", "decided_at"])
    op.create_table(
        "label_runs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("works", sa.Integer(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment),
    )
    op.create_table(
        "label_artists",
        sa.Column("slug", sa.String(length=120), primary_key=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("works", "pictures", "years")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("movements", "licences")),
        sa.Column("first", sa.Integer()),
        sa.Column("last", sa.Integer()),
        sa.Column("spread", sa.Float(), nullable=False),
        sa.Column("medoid", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_label_artists_works", "label_artists", ["works"])
    _let_fields_be(_NOW)


def downgrade() -> None:
    """Take it back."""
    corrections = sa.table("corrections", sa.column("field", sa.String))
    op.get_bind().execute(corrections.delete().where(corrections.c.field.in_(("artist", "movement"))))
    _let_fields_be(_BEFORE)
    for table in ("label_artists", "label_runs", "label_cases"):
        op.drop_table(table)


def _let_fields_be(words: str) -> None:
    with op.batch_alter_table("corrections") as corrections:
        corrections.drop_constraint("field", type_="check")
        corrections.create_check_constraint("field", words)
