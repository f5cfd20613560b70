"""Stages: a version that who writes must have read. Enrollments: a number to order by, of which attempt the pages were
written, and what a list shows of them. Epochs.
"""

import sqlalchemy as sa
from alembic import op

from metalctl.store.records import summarize

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
        op.create_table("epochs", number, sa.Column("service", sa.String(), nullable=False), holder, at)
    if not sa.inspect(bind).has_table("marks"):
        _add_marks(bind)
    if not sa.inspect(bind).has_table("contents"):
        digest = sa.Column("digest", sa.String(), primary_key=True)
        kind = sa.Column("kind", sa.String(), nullable=False)
        op.create_table("contents", digest, kind, sa.Column("data", sa.LargeBinary(), nullable=False))
    if "mac" not in {column["name"] for column in sa.inspect(bind).get_columns("tokens")}:
        op.add_column("tokens", sa.Column("mac", sa.String(), nullable=False, server_default=""))
        op.add_column("boots", sa.Column("sighting", sa.Integer(), nullable=False, server_default="0"))
    if "version" not in {column["name"] for column in sa.inspect(bind).get_columns("stages")}:
        op.add_column("stages", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    if "reported" not in {column["name"] for column in sa.inspect(bind).get_columns("enrollments")}:
        op.add_column("enrollments", sa.Column("reported", sa.Integer(), nullable=False, server_default="0"))
        op.add_column("enrollments", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
        op.add_column("enrollments", sa.Column("elapsed", sa.Float(), nullable=False, server_default="0"))
        op.add_column("enrollments", sa.Column("verdicts", sa.JSON(), nullable=False, server_default="{}"))
        op.add_column("enrollments", sa.Column("service", sa.String(), nullable=False, server_default=""))
        op.add_column("enrollments", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        op.add_column("enrollments", sa.Column("expected", sa.Float(), nullable=False, server_default="0"))
        op.add_column("enrollments", sa.Column("pins", sa.JSON(), nullable=False, server_default="{}"))
        op.add_column("enrollments", sa.Column("problem", sa.String(), nullable=False, server_default=""))
        op.create_index("ix_enrollments_number", "enrollments", ["number"])
        # What had ended was reported by the version before.
        op.execute("UPDATE enrollments SET reported = attempt WHERE condition = 'failed' OR stage = 'handed-over'")
        _fill(bind)


def _add_marks(bind: sa.Connection) -> None:
    """Who parked or quarantined a node was not known before."""
    text = [sa.Column(name, sa.String(), nullable=False) for name in ("who", "why", "at", "until")]
    node, kind = (sa.Column(name, sa.String(), primary_key=True) for name in ("node", "kind"))
    op.create_table("marks", node, kind, *text)
    number = sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True)
    columns = [sa.Column(name, sa.String(), nullable=False) for name in ("enrollment", "at")]
    op.create_table("signals", number, *columns)
    if "parked" not in {column["name"] for column in sa.inspect(bind).get_columns("nodes")}:
        return
    for kind_ in ("parked", "quarantined"):
        op.execute(
            f"INSERT INTO marks (node, kind, who, why, at, until) "  # noqa: S608 - two words of ours
            f"SELECT name, '{kind_}', 'an earlier metalctl', '', created, '' FROM nodes WHERE {kind_}"
        )
    with op.batch_alter_table("nodes") as table:
        table.drop_column("parked")
        table.drop_column("quarantined")


def _fill(bind: sa.Connection) -> None:
    """The number in the order of creation, and what is shown of the findings."""
    known = bind.execute(sa.text("SELECT id FROM enrollments ORDER BY created, id")).scalars().all()
    for number, identifier in enumerate(known, start=1):
        bind.execute(sa.text("UPDATE enrollments SET number = :n WHERE id = :i"), {"n": number, "i": identifier})
        summarize(bind, identifier)


def downgrade() -> None:
    op.drop_table("epochs")
    op.drop_table("contents")
    op.drop_table("marks")
    op.drop_table("signals")
    op.drop_index("ix_enrollments_number", "enrollments")
    with op.batch_alter_table("enrollments") as table:
        for name in ("reported", "number", "elapsed", "verdicts", "problem", "pins", "priority", "expected", "service"):
            table.drop_column(name)
    with op.batch_alter_table("tokens") as table:
        table.drop_column("mac")
    with op.batch_alter_table("boots") as table:
        table.drop_column("sighting")
    with op.batch_alter_table("stages") as table:
        table.drop_column("version")
