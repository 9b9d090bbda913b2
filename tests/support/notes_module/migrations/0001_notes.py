"""Notes and colours."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SCHEMA = "mod_notes"


def _common():
    now = sa.func.now()
    return [
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=now, nullable=False),
    ]


def upgrade():
    op.create_table(
        "notes",
        sa.Column(
            "tenant_id",
            sa.Uuid,
            server_default=sa.text("nullif(current_setting('tochka.tenant_id', true), '')::uuid"),
        ),
        sa.Column("id", sa.Uuid),
        sa.Column("text", sa.Text, nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tochka.tenants.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "text"),
        schema=SCHEMA,
    )
    op.create_table(
        "colours",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        *_common(),
        schema=SCHEMA,
    )


def downgrade():
    op.drop_table("colours", schema=SCHEMA)
    op.drop_table("notes", schema=SCHEMA)
