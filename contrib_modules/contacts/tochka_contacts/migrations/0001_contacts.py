"""People and companies."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "mod_contacts"


def _timestamp(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column(
            "tenant_id",
            sa.Uuid,
            server_default=sa.text("nullif(current_setting('tochka.tenant_id', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, server_default="person", nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("company", sa.Text),
        _timestamp("created_at"),
        _timestamp("updated_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_contacts"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tochka.tenants.id"], name="fk_contacts_tenant_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("kind IN ('person', 'company')", name="ck_contacts_kind"),
        schema=SCHEMA,
    )
    op.create_index("ix_contacts_tenant_id_name", "contacts", ["tenant_id", "name"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("contacts", schema=SCHEMA)
