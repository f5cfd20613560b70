"""How each planned pair stands, and who did not come to it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 0001 makes the tables as they are today: a new database has these already.
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("pairs")}
    for name in ("state", "absent"):
        if name not in known:
            op.add_column("pairs", sa.Column(name, sa.String(), nullable=False, server_default=""))
    if "state" not in known:
        run = "{} || '-peer-' || substr(pairs.batch, length(pairs.batch) - 3) || '-' || CAST(pairs.round AS VARCHAR)"
        runs = ", ".join(run.format(f"pairs.{end}") for end in ("server", "client"))
        # Two words of ours.
        op.execute(f"UPDATE pairs SET state = 'begun' WHERE EXISTS (SELECT 1 FROM runs WHERE run_id IN ({runs}))")  # noqa: S608


def downgrade() -> None:
    for name in ("state", "absent"):
        op.drop_column("pairs", name)
