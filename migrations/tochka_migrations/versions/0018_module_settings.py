"""Settings that tenants make for modules, their secrets and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from tochka_migrations.changes import tell_changes

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SCHEMA = "tochka"
OWN = ["tenant_id", "module"]


def upgrade() -> None:
    _create_settings()
    _create_secrets()
    _create_versions()
    for table in ("module_settings", "module_secrets"):
        tell_changes(table, "settings", "tenant_id")


def _create_settings() -> None:
    op.create_table(
        "module_settings",
        *_own_columns(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("values", JSONB, nullable=False),
        sa.PrimaryKeyConstraint(*OWN, name="pk_module_settings"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_module_settings_tenant_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["module"],
            [f"{SCHEMA}.modules.name"],
            name="fk_module_settings_module",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("jsonb_typeof(values) = 'object'", name="ck_module_settings_values"),
        schema=SCHEMA,
    )


def _create_secrets() -> None:
    op.create_table(
        "module_secrets",
        *_own_columns(),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*OWN, "field", name="pk_module_secrets"),
        _of_settings("module_secrets"),
        schema=SCHEMA,
    )


def _create_versions() -> None:
    op.create_table(
        "module_settings_versions",
        *_own_columns(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column(
            "made_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("made_by", sa.Uuid),
        sa.Column("changes", JSONB, nullable=False),
        sa.PrimaryKeyConstraint(*OWN, "version", name="pk_module_settings_versions"),
        _of_settings("module_settings_versions"),
        sa.ForeignKeyConstraint(
            ["made_by"],
            [f"{SCHEMA}.users.id"],
            name="fk_module_settings_versions_made_by",
            ondelete="SET NULL",
        ),
        sa.CheckConstraint(
            "jsonb_typeof(changes) = 'array'", name="ck_module_settings_versions_changes"
        ),
        schema=SCHEMA,
    )


def _own_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("module", sa.Text, nullable=False),
    )


def _of_settings(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        OWN,
        [f"{SCHEMA}.module_settings.{column}" for column in OWN],
        name=f"fk_{table}_tenant_id_module",
        ondelete="CASCADE",
    )


def downgrade() -> None:
    for table in ("module_settings_versions", "module_secrets", "module_settings"):
        op.drop_table(table, schema=SCHEMA)
