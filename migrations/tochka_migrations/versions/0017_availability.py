"""Who may enable a module, as the operator says."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    # Modules that were seen before have not been asked yet: the next judgement asks them.
    op.add_column(
        "modules",
        sa.Column("is_availability_settled", sa.Boolean, server_default="false", nullable=False),
        schema=SCHEMA,
    )
    op.create_check_constraint(
        "ck_modules_availability",
        "modules",
        "availability IN ('open', 'subscription', 'private')",
        schema=SCHEMA,
    )
    # Which tenants have a module: asked by each report of readiness, and by each purge.
    op.create_index("ix_tenant_modules_module", "tenant_modules", ["module"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_index("ix_tenant_modules_module", "tenant_modules", schema=SCHEMA)
    op.drop_constraint("ck_modules_availability", "modules", schema=SCHEMA)
    op.drop_column("modules", "is_availability_settled", schema=SCHEMA)
