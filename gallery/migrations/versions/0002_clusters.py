"""Runs of clustering, notes and decisions about clusters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "cluster_notes",
        sa.Column("cluster", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120)),
        sa.Column("description", sa.Text()),
        sa.Column("cover", sa.String(length=36)),
        sa.Column("theme", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cluster", name=op.f("pk_cluster_notes")),
    )
    op.create_table(
        "cluster_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_cluster_decisions_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_decisions")),
    )
    op.create_table(
        "cluster_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("lens", sa.String(length=32), nullable=False),
        sa.Column("asked_k", sa.Integer()),
        sa.Column("engine", sa.String(length=32), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("works", sa.Integer()),
        sa.Column("clusters", sa.Integer()),
        sa.Column("loss", sa.Float()),
        sa.Column("silhouette", sa.Float()),
        sa.Column("curve", sa.JSON()),
        sa.Column("result", sa.JSON()),
        sa.Column("changes", sa.JSON()),
        sa.Column("stability", sa.JSON()),
        sa.Column("message", sa.Text()),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'stopped')", name=op.f("ck_cluster_runs_state")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_cluster_runs_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_runs")),
    )
    op.create_table(
        "cluster_cards",
        sa.Column("cluster", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["cluster_runs.id"], name=op.f("fk_cluster_cards_run_id_cluster_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cluster", name=op.f("pk_cluster_cards")),
    )
    op.create_index(
        "one_cluster_run_at_a_time",
        "cluster_runs",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state IN ('running')"),
        postgresql_where=sa.text("state IN ('running')"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("cluster_cards")
    op.drop_index("one_cluster_run_at_a_time", table_name="cluster_runs")
    op.drop_table("cluster_runs")
    op.drop_table("cluster_decisions")
    op.drop_table("cluster_notes")
