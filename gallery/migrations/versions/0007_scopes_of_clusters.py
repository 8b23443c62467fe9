"""Runs over a part of the collection or another lens, curators' private notes, and which process makes a run."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NEW = {
    "cluster_runs": ("scope", "process", "next_id"),
    "cluster_cards": ("scope", "members", "made_at"),
    "cluster_notes": ("remarks",),
    "cluster_decisions": ("scope", "made_on"),
}


def upgrade() -> None:
    """Take the step."""
    for table in ("cluster_runs", "cluster_cards", "cluster_decisions"):
        op.add_column(table, sa.Column("scope", sa.Text(), nullable=False, server_default="content"))
    op.add_column("cluster_decisions", sa.Column("made_on", sa.Integer()))
    op.add_column("cluster_runs", sa.Column("process", sa.String(length=120)))
    op.add_column("cluster_runs", sa.Column("next_id", sa.Integer()))
    op.add_column("cluster_cards", sa.Column("members", sa.JSON()))
    op.add_column("cluster_cards", sa.Column("made_at", sa.DateTime(timezone=True)))
    op.add_column("cluster_notes", sa.Column("remarks", sa.Text()))
    runs = sa.table(
        "cluster_runs",
        sa.column("id", sa.Integer),
        sa.column("lens", sa.String),
        sa.column("result", sa.JSON),
        sa.column("scope", sa.Text),
        sa.column("next_id", sa.Integer),
    )
    decisions = sa.table("cluster_decisions", sa.column("decision", sa.JSON))
    connection = op.get_bind()
    connection.execute(runs.update().values(scope=runs.c.lens))
    # Ids of parts of split clusters were given too, and are never given again.
    parts = [
        part["id"] for (made,) in connection.execute(sa.select(decisions.c.decision)) for part in made.get("parts", ())
    ]
    for run, result in connection.execute(sa.select(runs.c.id, runs.c.result)).all():
        if result:
            following = max(result["next_id"], *(part + 1 for part in parts)) if parts else result["next_id"]
            connection.execute(runs.update().where(runs.c.id == run).values(next_id=following))


def downgrade() -> None:
    """Take it back."""
    # Only clusters of the whole collection were known before.
    for table in ("cluster_cards", "cluster_decisions", "cluster_runs"):
        scope = sa.table(table, sa.column("scope", sa.Text))
        op.get_bind().execute(scope.delete().where(scope.c.scope != "content"))
    for table, columns in _NEW.items():
        with op.batch_alter_table(table) as changed:
            for column in columns:
                changed.drop_column(column)
