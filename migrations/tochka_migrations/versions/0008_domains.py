"""Domains: claims of tenants, and who holds what was proven.

The domains of tenants, which the platform has vouched for, stay theirs.
"""

import sqlalchemy as sa
from alembic import op
from tochka_migrations.changes import stop_telling_at_large, tell_changes_at_large

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = "tochka"

_WHAT_DOMAINS_CHOOSE = "INSERT OR DELETE OR TRUNCATE OR UPDATE OF domain, holder_id, lapsed_at"
"""Not that a proof was looked at, which is every day and changes nothing."""

_CLAIMS_OF_TENANTS = """
INSERT INTO tochka.domain_claims (tenant_id, domain, token)
SELECT id, domain, replace(gen_random_uuid()::text || gen_random_uuid(), '-', '')
FROM tochka.tenants WHERE domain IS NOT NULL
"""
_DOMAINS_OF_TENANTS = """
INSERT INTO tochka.domains (domain, holder_id, method)
SELECT domain, id, 'platform' FROM tochka.tenants WHERE domain IS NOT NULL
"""
_BACK_TO_TENANTS = """
UPDATE tochka.tenants SET domain = held.domain FROM tochka.domains AS held
WHERE held.holder_id = tenants.id AND held.method = 'platform'
"""


def upgrade() -> None:
    _create_claims()
    _create_domains()
    op.execute(_CLAIMS_OF_TENANTS)
    op.execute(_DOMAINS_OF_TENANTS)
    _call_tenants("name")
    op.drop_column("tenants", "domain", schema=SCHEMA)
    for kind in ("place", "visited"):
        tell_changes_at_large("domains", kind, on=_WHAT_DOMAINS_CHOOSE)


def _call_tenants(columns: str) -> None:
    """Tell only of changes of these *columns* that a tenant is called differently."""
    stop_telling_at_large("tenants", "place")
    tell_changes_at_large("tenants", "place", on=f"UPDATE OF {columns}")


def _create_claims() -> None:
    op.create_table(
        "domain_claims",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column(
            "created_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "domain", name="pk_domain_claims"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_domain_claims_tenant_id",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )


def _create_domains() -> None:
    timestamp = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "domains",
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Uuid, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("verified_at", timestamp, server_default=sa.func.now(), nullable=False),
        sa.Column("checked_at", timestamp, server_default=sa.func.now(), nullable=False),
        sa.Column("lapsed_at", timestamp),
        sa.PrimaryKeyConstraint("domain", name="pk_domains"),
        sa.ForeignKeyConstraint(
            ["holder_id", "domain"],
            [f"{SCHEMA}.domain_claims.tenant_id", f"{SCHEMA}.domain_claims.domain"],
            name="fk_domains_holder_id_domain",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("method IN ('dns', 'file', 'platform')", name="ck_domains_method"),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_domains_holder_id",
        "domains",
        ["holder_id"],
        unique=True,
        postgresql_where=sa.text("method = 'platform'"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.add_column("tenants", sa.Column("domain", sa.Text), schema=SCHEMA)
    op.execute(_BACK_TO_TENANTS)
    _call_tenants("name, domain")
    op.create_unique_constraint("uq_tenants_domain", "tenants", ["domain"], schema=SCHEMA)
    op.drop_table("domains", schema=SCHEMA)
    op.drop_table("domain_claims", schema=SCHEMA)
