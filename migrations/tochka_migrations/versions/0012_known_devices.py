"""Devices that somebody has signed in from."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    op.create_table(
        "known_devices",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column(
            "used_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_known_devices"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            [f"{SCHEMA}.users.id"],
            name="fk_known_devices_user_id",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_known_devices_user_id_used_at", "known_devices", ["user_id", "used_at"], schema=SCHEMA
    )


def downgrade() -> None:
    op.drop_table("known_devices", schema=SCHEMA)
