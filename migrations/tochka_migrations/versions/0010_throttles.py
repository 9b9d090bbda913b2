"""How often something was tried."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    timestamp = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "throttles",
        sa.Column("allowance", sa.Text, nullable=False),
        sa.Column("subject", sa.LargeBinary, nullable=False),
        sa.Column("forgotten_at", timestamp, nullable=False),
        sa.Column("blocked_until", timestamp),
        sa.Column("expires_at", timestamp, nullable=False),
        sa.PrimaryKeyConstraint("allowance", "subject", name="pk_throttles"),
        schema=SCHEMA,
    )
    op.create_index("ix_throttles_expires_at", "throttles", ["expires_at"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("throttles", schema=SCHEMA)
