"""Nodes: the authorities that vouch for the BMC's certificate, and a rotation of its credential that is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 0001 makes the tables as they are today: a new database has the columns already.
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("nodes")}
    if "authorities" not in there:
        op.add_column("nodes", sa.Column("authorities", sa.String(), nullable=False, server_default=""))
    if "rotation" not in there:
        op.add_column("nodes", sa.Column("rotation", sa.JSON()))


def downgrade() -> None:
    with op.batch_alter_table("nodes") as table:
        table.drop_column("rotation")
        table.drop_column("authorities")
