"""Passwords: which hashes are our own, and how costly each is.

Until here all were of our own making, and none said so.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OWN = "$hmac-sha384+pepper"
_COST = r"substring(password_hash, '\$2[aby]\$(0[4-9]|1[0-6])\$')"


def upgrade() -> None:
    op.execute(
        f"UPDATE tochka.users SET password_hash = '{_OWN}' || password_hash"  # noqa: S608 - above
        " WHERE password_hash LIKE '$2b$%'"
    )
    op.execute(f"CREATE INDEX ix_users_password_cost ON tochka.users ({_COST})")


def downgrade() -> None:
    op.execute("DROP INDEX tochka.ix_users_password_cost")
    op.execute(
        "UPDATE tochka.users"
        r" SET password_hash = regexp_replace(password_hash, '^\$hmac-sha384(\+pepper)?', '')"
    )
