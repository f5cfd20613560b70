"""The first schema, as metalctl.store.schema had it at 0.1.0."""

from alembic import op

from metalctl.store.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
