"""The last judgement as a whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "tochka"


def upgrade() -> None:
    op.create_table(
        "judgement",
        sa.Column("is_last", sa.Boolean, server_default="true", nullable=False),
        sa.Column("environment", sa.Text),
        sa.Column("document", JSONB, nullable=False),
        sa.Column(
            "judged_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("is_last", name="pk_judgement"),
        sa.CheckConstraint("is_last", name="ck_judgement_one"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("judgement", schema=SCHEMA)
