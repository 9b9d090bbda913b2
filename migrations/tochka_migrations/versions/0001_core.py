"""Users, tenants, memberships, modules."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def _timestamp(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.Text, server_default="user", nullable=False),
        sa.Column("is_active", sa.Boolean, server_default="true", nullable=False),
        _timestamp("created_at"),
        _timestamp("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("phone", name="uq_users_phone"),
        sa.CheckConstraint("role IN ('user', 'platform_master')", name="ck_users_role"),
        schema=SCHEMA,
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("domain", sa.Text),
        sa.Column("suspended_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("suspension_reason", sa.Text),
        _timestamp("created_at"),
        _timestamp("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("name", name="uq_tenants_name"),
        sa.UniqueConstraint("domain", name="uq_tenants_domain"),
        schema=SCHEMA,
    )
    op.create_table(
        "memberships",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        _timestamp("created_at"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="pk_memberships"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_memberships_tenant_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], [f"{SCHEMA}.users.id"], name="fk_memberships_user_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("role IN ('owner', 'admin', 'member')", name="ck_memberships_role"),
        schema=SCHEMA,
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"], schema=SCHEMA)
    op.create_table(
        "modules",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, server_default="", nullable=False),
        sa.Column("icon", sa.Text),
        sa.Column("availability", sa.Text, server_default="open", nullable=False),
        sa.Column("distribution", sa.Text),
        sa.Column("version", sa.Text),
        sa.Column("requires", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("phase", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("blocked_by", sa.Text),
        _timestamp("first_seen_at"),
        _timestamp("judged_at"),
        sa.PrimaryKeyConstraint("name", name="pk_modules"),
        sa.CheckConstraint("state IN ('ready', 'quarantined', 'missing')", name="ck_modules_state"),
        schema=SCHEMA,
    )
    op.create_table(
        "tenant_modules",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("module", sa.Text, nullable=False),
        _timestamp("enabled_at"),
        sa.PrimaryKeyConstraint("tenant_id", "module", name="pk_tenant_modules"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_tenant_modules_tenant_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["module"],
            [f"{SCHEMA}.modules.name"],
            name="fk_tenant_modules_module",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )


def downgrade() -> None:
    for table in ("tenant_modules", "modules", "memberships", "tenants", "users"):
        op.drop_table(table, schema=SCHEMA)
