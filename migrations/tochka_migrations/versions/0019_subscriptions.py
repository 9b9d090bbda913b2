"""What tenants have bought: plans, subscriptions, and what they entitle to, by one clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from tochka_migrations.changes import tell_changes, tell_changes_at_large

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SCHEMA = "tochka"

TIMESTAMP = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    # What decisions in the database compare with. Apart from now(), so that it can be set.
    op.execute(
        f"CREATE FUNCTION {SCHEMA}.clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE"
        " AS 'SELECT now()'"
    )
    # A trusted one: who may make schemas in the database may make it too.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public")
    _create_plans()
    _create_subscriptions()
    _create_phases()
    _create_entitlements()
    _create_limit_entitlements()
    for table in ("entitlements", "limit_entitlements"):
        tell_changes(table, "tenant", "tenant_id")
    tell_changes_at_large("entitlements", "visited")
    for kind in ("tenant", "visited"):
        tell_changes_at_large("modules", kind, on="UPDATE OF availability, requires")


def _create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("trial_days", sa.Integer, nullable=False),
        sa.Column("modules", ARRAY(sa.Text), nullable=False),
        sa.Column("limits", JSONB, nullable=False),
        sa.Column("active_from", TIMESTAMP, nullable=False),
        sa.Column("active_until", TIMESTAMP),
        sa.Column("created_at", TIMESTAMP, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", TIMESTAMP, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_plans"),
        sa.CheckConstraint("price_minor >= 0", name="ck_plans_price"),
        sa.CheckConstraint("period IN ('month', 'year')", name="ck_plans_period"),
        sa.CheckConstraint("trial_days >= 0", name="ck_plans_trial"),
        sa.CheckConstraint("active_until > active_from", name="ck_plans_active"),
        schema=SCHEMA,
    )


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("starts_at", TIMESTAMP, nullable=False),
        sa.Column("trial_ends_at", TIMESTAMP),
        sa.Column("paid_until", TIMESTAMP),
        sa.Column("grace_days", sa.Integer, nullable=False),
        sa.Column("canceled_at", TIMESTAMP),
        sa.Column("ends_at", TIMESTAMP),
        sa.Column("created_at", TIMESTAMP, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_subscriptions"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_subscriptions_tenant_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("trial_ends_at > starts_at", name="ck_subscriptions_trial"),
        sa.CheckConstraint("paid_until >= starts_at", name="ck_subscriptions_paid"),
        sa.CheckConstraint("grace_days >= 0", name="ck_subscriptions_grace"),
        sa.CheckConstraint(
            "(canceled_at IS NULL) = (ends_at IS NULL)", name="ck_subscriptions_canceled"
        ),
        schema=SCHEMA,
    )


def _create_phases() -> None:
    op.create_table(
        "subscription_phases",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid, nullable=False),
        sa.Column("starts_at", TIMESTAMP, nullable=False),
        sa.Column("ends_at", TIMESTAMP),
        sa.Column("plan", sa.Text),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("period", sa.Text),
        sa.Column("modules", ARRAY(sa.Text), nullable=False),
        sa.Column("limits", JSONB, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "subscription_id", "starts_at", name="pk_subscription_phases"
        ),
        _of_subscription("subscription_phases"),
        sa.ForeignKeyConstraint(
            ["plan"], [f"{SCHEMA}.plans.code"], name="fk_subscription_phases_plan"
        ),
        _begins_before_it_ends("subscription_phases"),
        schema=SCHEMA,
    )


def _create_entitlements() -> None:
    op.create_table(
        "entitlements",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid, nullable=False),
        sa.Column("module", sa.Text, nullable=False),
        sa.Column("starts_at", TIMESTAMP, nullable=False),
        sa.Column("ends_at", TIMESTAMP),
        sa.Column("ending", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_entitlements"),
        _of_subscription("entitlements"),
        _begins_before_it_ends("entitlements"),
        sa.CheckConstraint(
            "ending IN ('expired', 'canceled', 'changed')", name="ck_entitlements_ending"
        ),
        # Its index finds the rows of a tenant, too.
        ExcludeConstraint(
            ("tenant_id", "="),
            ("module", "="),
            (sa.literal_column("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_entitlements_module",
        ),
        schema=SCHEMA,
    )


def _create_limit_entitlements() -> None:
    op.create_table(
        "limit_entitlements",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger),
        sa.Column("starts_at", TIMESTAMP, nullable=False),
        sa.Column("ends_at", TIMESTAMP),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_limit_entitlements"),
        _of_subscription("limit_entitlements"),
        _begins_before_it_ends("limit_entitlements"),
        sa.CheckConstraint("value >= 0", name="ck_limit_entitlements_value"),
        schema=SCHEMA,
    )


def _of_subscription(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "subscription_id"],
        [f"{SCHEMA}.subscriptions.tenant_id", f"{SCHEMA}.subscriptions.id"],
        name=f"fk_{table}_tenant_id_subscription_id",
        ondelete="CASCADE",
    )


def _begins_before_it_ends(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("ends_at > starts_at", name=f"ck_{table}_end")


def downgrade() -> None:
    for kind in ("tenant", "visited"):
        op.execute(f"DROP TRIGGER tell_{kind}_any ON {SCHEMA}.modules")
    for table in (
        "limit_entitlements",
        "entitlements",
        "subscription_phases",
        "subscriptions",
        "plans",
    ):
        op.drop_table(table, schema=SCHEMA)
    op.execute(f"DROP FUNCTION {SCHEMA}.clock()")
    # The extension stays: it may have been there before, and others may use it.
