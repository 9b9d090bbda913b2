"""Sessions of people who are signed in, and the refresh tokens that keep them alive."""

import sqlalchemy as sa
from alembic import op
from tochka_migrations.changes import tell_changes

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    _create_sessions()
    _create_refresh_families()
    # Of a new one nobody knows anything yet. To tell takes a lock that all of the server share.
    tell_changes("sessions", "session", "id", on=("UPDATE", "DELETE", "TRUNCATE"))


def _create_sessions() -> None:
    timestamp = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_at", timestamp, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", timestamp, nullable=False),
        sa.Column("ended_at", timestamp),
        sa.Column("end_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], [f"{SCHEMA}.users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], schema=SCHEMA)


def _create_refresh_families() -> None:
    timestamp = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "refresh_families",
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("family_hash", sa.LargeBinary, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary),
        sa.Column("veiled_token", sa.LargeBinary),
        sa.Column("rotated_at", timestamp, server_default=sa.func.now(), nullable=False),
        sa.Column("last_used_at", timestamp, server_default=sa.func.now(), nullable=False),
        sa.Column("last_address", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_refresh_families"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            [f"{SCHEMA}.sessions.id"],
            name="fk_refresh_families_session_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("family_hash", name="uq_refresh_families_family_hash"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("refresh_families", schema=SCHEMA)
    op.drop_table("sessions", schema=SCHEMA)
