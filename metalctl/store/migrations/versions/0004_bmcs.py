"""What the service last read of each node's BMC."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 0001 makes the tables as they are today: a new database has this one already.
    if sa.inspect(op.get_bind()).has_table("bmcs"):
        return
    texts = [sa.Column(name, sa.String(), nullable=False) for name in ("tried", "seen", "power", "health", "problem")]
    op.create_table("bmcs", sa.Column("node", sa.String(), primary_key=True), *texts, sa.Column("known", sa.JSON()))


def downgrade() -> None:
    op.drop_table("bmcs")
