"""Where what was done came from, and what the audit log is searched by."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SCHEMA = "tochka"
SEARCHED = ("action", "actor", "at")


def upgrade() -> None:
    for column in ("address", "request_id"):
        op.add_column("audit_log", sa.Column(column, sa.Text), schema=SCHEMA)
    for column in SEARCHED:
        op.create_index(f"ix_audit_log_{column}", "audit_log", [column], schema=SCHEMA)
    op.create_index(
        "ix_audit_log_user", "audit_log", [sa.text("(detail ->> 'user')")], schema=SCHEMA
    )


def downgrade() -> None:
    op.drop_index("ix_audit_log_user", "audit_log", schema=SCHEMA)
    for column in SEARCHED:
        op.drop_index(f"ix_audit_log_{column}", "audit_log", schema=SCHEMA)
    for column in ("request_id", "address"):
        op.drop_column("audit_log", column, schema=SCHEMA)
