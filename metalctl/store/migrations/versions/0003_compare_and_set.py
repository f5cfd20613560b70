"""Stages: a version that who writes must have read. Enrollments: of which attempt the pages were written. Epochs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 0001 makes the tables as they are today: a new database has the columns already.
    bind = op.get_bind()
    if not sa.inspect(bind).has_table("epochs"):
        number = sa.Column("number", sa.Integer(), primary_key=True)
        holder, at = (sa.Column(name, sa.String(), nullable=False) for name in ("holder", "at"))
        op.create_table("epochs", number, holder, at)
    if "version" not in {column["name"] for column in sa.inspect(bind).get_columns("stages")}:
        op.add_column("stages", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    if "reported" not in {column["name"] for column in sa.inspect(bind).get_columns("enrollments")}:
        op.add_column("enrollments", sa.Column("reported", sa.Integer(), nullable=False, server_default="0"))
        # What had ended was reported by the version before.
        op.execute("UPDATE enrollments SET reported = attempt WHERE condition = 'failed' OR stage = 'handed-over'")


def downgrade() -> None:
    op.drop_table("epochs")
    with op.batch_alter_table("enrollments") as table:
        table.drop_column("reported")
    with op.batch_alter_table("stages") as table:
        table.drop_column("version")
