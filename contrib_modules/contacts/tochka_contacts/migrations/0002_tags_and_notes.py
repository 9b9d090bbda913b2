"""Tags and notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "mod_contacts"


def upgrade() -> None:
    op.add_column(
        "contacts",
        sa.Column("tags", ARRAY(sa.Text), server_default="{}", nullable=False),
        schema=SCHEMA,
    )
    op.add_column("contacts", sa.Column("notes", sa.Text), schema=SCHEMA)


def downgrade() -> None:
    op.drop_column("contacts", "notes", schema=SCHEMA)
    op.drop_column("contacts", "tags", schema=SCHEMA)
