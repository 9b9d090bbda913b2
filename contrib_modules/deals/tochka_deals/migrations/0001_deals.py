"""Pipelines, their stages, deals, and how deals came to where they are."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "mod_deals"


def _create_table(name: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """Make a table of tenants with what all of them have, and *parts*."""
    tenant = sa.text("nullif(current_setting('tochka.tenant_id', true), '')::uuid")
    op.create_table(
        name,
        sa.Column("tenant_id", sa.Uuid, server_default=tenant, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        *parts,
        *_timestamps(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tochka.tenants.id"], name=f"fk_{name}_tenant_id", ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )


def _timestamps() -> Iterator[sa.Column[Any]]:
    for name in ("created_at", "updated_at"):
        yield sa.Column(
            name, sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        )


def upgrade() -> None:
    _create_table(
        "pipelines",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="uq_pipelines_tenant_id_name"),
    )
    op.create_index(
        "ix_pipelines_tenant_id",
        "pipelines",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
        schema=SCHEMA,
    )
    _create_table(
        "stages",
        sa.Column("pipeline_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, server_default="open", nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pipeline_id"],
            [f"{SCHEMA}.pipelines.tenant_id", f"{SCHEMA}.pipelines.id"],
            name="fk_stages_tenant_id_pipeline_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "tenant_id", "pipeline_id", "name", name="uq_stages_tenant_id_pipeline_id_name"
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "pipeline_id",
            "position",
            name="uq_stages_tenant_id_pipeline_id_position",
            deferrable=True,
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "id",
            "pipeline_id",
            "kind",
            name="uq_stages_tenant_id_id_pipeline_id_kind",
        ),
        sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name="ck_stages_kind"),
    )
    _create_table(
        "deals",
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Uuid, nullable=False),
        sa.Column("pipeline_id", sa.Uuid, nullable=False),
        sa.Column("stage_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("expected_close_on", sa.Date),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("notes", sa.Text),
        sa.Column("tags", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["mod_contacts.contacts.tenant_id", "mod_contacts.contacts.id"],
            name="fk_deals_tenant_id_contact_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stage_id", "pipeline_id", "status"],
            [f"{SCHEMA}.stages.{column}" for column in ("tenant_id", "id", "pipeline_id", "kind")],
            name="fk_deals_tenant_id_stage_id_pipeline_id_status",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["tochka.memberships.tenant_id", "tochka.memberships.user_id"],
            name="fk_deals_tenant_id_owner_id",
            ondelete="SET NULL (owner_id)",
        ),
        sa.CheckConstraint("amount_minor BETWEEN 0 AND 9007199254740991", name="ck_deals_amount"),
    )
    for column in ("stage_id", "contact_id", "owner_id"):
        op.create_index(
            f"ix_deals_tenant_id_{column}", "deals", ["tenant_id", column], schema=SCHEMA
        )
    _create_table(
        "stage_changes",
        sa.Column("deal_id", sa.Uuid, nullable=False),
        sa.Column("from_stage_id", sa.Uuid),
        sa.Column("from_stage", sa.Text),
        sa.Column("to_stage_id", sa.Uuid, nullable=False),
        sa.Column("to_stage", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Uuid),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deal_id"],
            [f"{SCHEMA}.deals.tenant_id", f"{SCHEMA}.deals.id"],
            name="fk_stage_changes_tenant_id_deal_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["tochka.users.id"],
            name="fk_stage_changes_changed_by",
            ondelete="SET NULL",
        ),
    )
    op.create_index(
        "ix_stage_changes_tenant_id_deal_id",
        "stage_changes",
        ["tenant_id", "deal_id"],
        schema=SCHEMA,
    )


def downgrade() -> None:
    for table in ("stage_changes", "deals", "stages", "pipelines"):
        op.drop_table(table, schema=SCHEMA)
