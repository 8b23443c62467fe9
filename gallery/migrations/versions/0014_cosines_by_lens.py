"""How alike two works were in each lens when a curator decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("duplicate_pairs", sa.Column("cosines", sa.JSON()))
    pairs = _table()
    connection = op.get_bind()
    noted = connection.execute(sa.select(pairs.c.id, pairs.c.cosine).where(pairs.c.cosine.is_not(None))).all()
    for pair, cosine in noted:
        connection.execute(pairs.update().where(pairs.c.id == pair).values(cosines={"content": cosine}))
    with op.batch_alter_table("duplicate_pairs") as changed:
        changed.drop_column("cosine")


def downgrade() -> None:
    """Take it back."""
    op.add_column("duplicate_pairs", sa.Column("cosine", sa.Float()))
    pairs = _table()
    connection = op.get_bind()
    for pair, cosines in connection.execute(sa.select(pairs.c.id, pairs.c.cosines)).all():
        if cosines:
            connection.execute(pairs.update().where(pairs.c.id == pair).values(cosine=cosines.get("content")))
    with op.batch_alter_table("duplicate_pairs") as changed:
        changed.drop_column("cosines")


def _table() -> sa.TableClause:
    columns = (sa.column("id", sa.Integer), sa.column("cosine", sa.Float), sa.column("cosines", sa.JSON))
    return sa.table("duplicate_pairs", *columns)
