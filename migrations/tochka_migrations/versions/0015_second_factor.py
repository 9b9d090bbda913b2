"""Second factors, recovery codes, and challenges of people who are about to sign in with them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SCHEMA = "tochka"
TIMESTAMP = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    # Every worker keeps it with the session, whose changes are told.
    op.add_column("sessions", sa.Column("stepped_up_at", TIMESTAMP), schema=SCHEMA)
    _create_second_factors()
    _create_recovery_codes()
    _create_challenges()


def _create_second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", TIMESTAMP, server_default=sa.func.now(), nullable=False),
        sa.Column("confirmed_at", TIMESTAMP),
        sa.Column("last_step", sa.BigInteger, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            [f"{SCHEMA}.users.id"],
            name="fk_second_factors_user_id",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )


def _create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            [f"{SCHEMA}.second_factors.user_id"],
            name="fk_recovery_codes_user_id",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )


def _create_challenges() -> None:
    op.create_table(
        "sign_in_challenges",
        sa.Column("challenge_hash", sa.LargeBinary, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("password_mark", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name="pk_sign_in_challenges"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            [f"{SCHEMA}.users.id"],
            name="fk_sign_in_challenges_user_id",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    for column in ("user_id", "expires_at"):
        op.create_index(
            f"ix_sign_in_challenges_{column}", "sign_in_challenges", [column], schema=SCHEMA
        )


def downgrade() -> None:
    for table in ("sign_in_challenges", "recovery_codes", "second_factors"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_column("sessions", "stepped_up_at", schema=SCHEMA)
