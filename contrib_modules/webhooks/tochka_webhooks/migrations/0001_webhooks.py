"""Endpoints, deliveries and attempts."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "mod_webhooks"
MOMENT = sa.TIMESTAMP(timezone=True)


def _timestamp(name: str) -> sa.Column[datetime]:
    return sa.Column(name, MOMENT, server_default=sa.func.now(), nullable=False)


def _create_table(name: str, *parts: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column(
            "tenant_id",
            sa.Uuid,
            server_default=sa.text("nullif(current_setting('tochka.tenant_id', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid, nullable=False),
        *parts,
        _timestamp("created_at"),
        _timestamp("updated_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tochka.tenants.id"], name=f"fk_{name}_tenant_id", ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )


def _belongs_to(parent: str, child: str, column: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{SCHEMA}.{parent}.tenant_id", f"{SCHEMA}.{parent}.id"],
        name=f"fk_{child}_tenant_id_{column}",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    _create_table(
        "endpoints",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("event_types", ARRAY(sa.Text)),
        sa.Column("enabled", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_because", sa.Text),
        sa.Column("succeeded_at", MOMENT),
        sa.Column("secret", sa.Text, comment="sealed", nullable=False),
        sa.Column("previous_secret", sa.Text, comment="sealed"),
        sa.Column("previous_secret_until", MOMENT),
    )
    _create_table(
        "deliveries",
        sa.Column("endpoint_id", sa.Uuid, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("status", sa.Text, server_default="pending", nullable=False),
        sa.Column("tries", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("claim", sa.Uuid),
        sa.Column("finished_at", MOMENT),
        _belongs_to("endpoints", "deliveries", "endpoint_id"),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'dead')", name="ck_deliveries_status"
        ),
    )
    op.create_index(
        "ix_deliveries_endpoint", "deliveries", ["tenant_id", "endpoint_id"], schema=SCHEMA
    )
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["tenant_id", "endpoint_id", "due_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_deliveries_finished",
        "deliveries",
        ["tenant_id", "finished_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    _create_table(
        "attempts",
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("status_code", sa.BigInteger),
        sa.Column("error", sa.Text),
        sa.Column("answer", sa.Text),
        _belongs_to("deliveries", "attempts", "delivery_id"),
    )
    op.create_index("ix_attempts_delivery", "attempts", ["tenant_id", "delivery_id"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("attempts", schema=SCHEMA)
    op.drop_table("deliveries", schema=SCHEMA)
    op.drop_table("endpoints", schema=SCHEMA)
