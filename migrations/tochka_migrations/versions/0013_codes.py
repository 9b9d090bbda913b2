"""Codes that prove who holds a phone."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    timestamp = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "one_time_codes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("tries_left", sa.SmallInteger, nullable=False),
        sa.Column("expires_at", timestamp, nullable=False),
        sa.Column("user_id", sa.Uuid),
        sa.Column("phone", sa.Text),
        sa.Column("password_hash", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_codes"),
        sa.UniqueConstraint("secret_hash", name="uq_one_time_codes_secret_hash"),
        schema=SCHEMA,
    )
    for column in ("expires_at", "user_id"):
        op.create_index(f"ix_one_time_codes_{column}", "one_time_codes", [column], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("one_time_codes", schema=SCHEMA)
