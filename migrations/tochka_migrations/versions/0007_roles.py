"""Roles that tenants define."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY
from tochka_migrations.changes import tell_changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = "tochka"
HOLDERS = ("memberships", "invitations")
BUILT_IN = "('owner', 'admin', 'member')"
OWN_ROLE = "NULLIF(NULLIF(NULLIF(role, 'owner'::text), 'admin'::text), 'member'::text)"


def upgrade() -> None:
    op.create_table(
        "roles",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("permissions", ARRAY(sa.Text), nullable=False),
        sa.Column(
            "created_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column(
            "updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_roles"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], [f"{SCHEMA}.tenants.id"], name="fk_roles_tenant_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint(f"name NOT IN {BUILT_IN}", name="ck_roles_name"),
        schema=SCHEMA,
    )
    # What a role holds is known of its tenant.
    tell_changes("roles", "tenant", "tenant_id")
    for table in HOLDERS:
        op.drop_constraint(f"ck_{table}_role", table, schema=SCHEMA)
        op.add_column(
            table,
            sa.Column("own_role", sa.Text, sa.Computed(OWN_ROLE, persisted=True)),
            schema=SCHEMA,
        )
        op.create_foreign_key(
            f"fk_{table}_tenant_id_own_role",
            table,
            "roles",
            ["tenant_id", "own_role"],
            ["tenant_id", "name"],
            source_schema=SCHEMA,
            referent_schema=SCHEMA,
        )


def downgrade() -> None:
    for table in HOLDERS:
        op.drop_constraint(f"fk_{table}_tenant_id_own_role", table, schema=SCHEMA)
        op.drop_column(table, "own_role", schema=SCHEMA)
        op.create_check_constraint(f"ck_{table}_role", table, f"role IN {BUILT_IN}", schema=SCHEMA)
    op.drop_table("roles", schema=SCHEMA)
