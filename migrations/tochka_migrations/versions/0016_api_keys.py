"""API keys of tenants, and when they were last used."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY
from tochka_migrations.changes import tell_changes

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    _create_api_keys()
    _create_api_key_uses()
    # Of a new one nobody knows anything yet.
    tell_changes("api_keys", "api_key", "prefix", on=("UPDATE", "DELETE", "TRUNCATE"))


def _create_api_keys() -> None:
    timestamp = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("permissions", ARRAY(sa.Text), nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", timestamp, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", timestamp),
        sa.Column("revoked_at", timestamp),
        sa.Column("revoked_by", sa.Uuid),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_api_keys_tenant_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            [f"{SCHEMA}.users.id"],
            name="fk_api_keys_created_by",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"],
            [f"{SCHEMA}.users.id"],
            name="fk_api_keys_revoked_by",
            ondelete="SET NULL",
        ),
        schema=SCHEMA,
    )
    # Not unique: keys that are unique among all tenants would let them meet.
    op.create_index("ix_api_keys_prefix", "api_keys", ["prefix"], schema=SCHEMA)


def _create_api_key_uses() -> None:
    op.create_table(
        "api_key_uses",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.Uuid, nullable=False),
        sa.Column("last_used_at", sa.TIMESTAMP(timezone=True)),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pk_api_key_uses"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"],
            [f"{SCHEMA}.api_keys.tenant_id", f"{SCHEMA}.api_keys.id"],
            name="fk_api_key_uses_tenant_id_key_id",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("api_key_uses", schema=SCHEMA)
    op.drop_table("api_keys", schema=SCHEMA)
