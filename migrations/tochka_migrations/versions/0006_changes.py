"""What access depends on tells of its changes."""

from tochka_migrations.changes import (
    define_telling,
    forget_telling,
    tell_changes,
    tell_changes_at_large,
)

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    define_telling()
    tell_changes("users", "person", "id")
    tell_changes("memberships", "place", "user_id")
    # Whoever is a member: it is called differently now.
    tell_changes_at_large("tenants", "place", on="UPDATE OF name, domain")
    tell_changes("tenants", "tenant", "id")
    tell_changes("tenant_modules", "tenant", "tenant_id")
    tell_changes_at_large("tenants", "visited")
    tell_changes_at_large("tenant_modules", "visited")


def downgrade() -> None:
    forget_telling()
