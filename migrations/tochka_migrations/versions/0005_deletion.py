"""Tenants that are deleted, and when they are due to be purged."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    op.add_column("tenants", sa.Column("purge_after", sa.TIMESTAMP(timezone=True)), schema=SCHEMA)


def downgrade() -> None:
    op.drop_column("tenants", "purge_after", schema=SCHEMA)
