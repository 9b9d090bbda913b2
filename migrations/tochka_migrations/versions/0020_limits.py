"""Limits that modules declare, how much of each a tenant uses, and the function that counts it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SCHEMA = "tochka"

# A plan decides where one that the tenant has now names the limit: the highest, and none at all
# before that. Windows are those of the UTC calendar, whatever the time zone of the connection.
_EFFECTIVE_LIMIT = """
CREATE FUNCTION tochka.effective_limit(whose uuid, asked text)
RETURNS TABLE (
    maximum bigint, is_of_plan boolean, window_start timestamptz, resets_at timestamptz
)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN sold.is_any THEN sold.maximum ELSE declared.default_maximum END,
        sold.is_any,
        coalesce(date_trunc(declared.period, tochka.clock(), 'UTC'), 'epoch'),
        (date_trunc(declared.period, tochka.clock() AT TIME ZONE 'UTC')
            + ('1 ' || declared.period)::interval) AT TIME ZONE 'UTC'
    FROM tochka.limits AS declared, LATERAL (
        SELECT count(*) > 0 AS is_any,
            CASE WHEN count(*) = count(value) THEN max(value) END AS maximum
        FROM tochka.limit_entitlements
        WHERE tenant_id = whose AND name = declared.name
            AND starts_at <= tochka.clock() AND (ends_at IS NULL OR ends_at > tochka.clock())
    ) AS sold
    WHERE declared.name = asked
$$
"""

# A tenant's transaction may call it, and reaches the tables by nothing else. Whoever counts holds
# the row until their transaction ends, so that the next one counts on from what they leave.
_COUNT_LIMIT = """
CREATE FUNCTION tochka.count_limit(asked text, amount numeric)
RETURNS TABLE (
    is_counted boolean, used bigint, maximum bigint, is_of_plan boolean, resets_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
-- Above zero it is consumed, or nothing where the limit would be exceeded; below it is released.
#variable_conflict use_column
DECLARE
    whose CONSTANT uuid := nullif(current_setting('tochka.tenant_id', true), '')::uuid;
    most CONSTANT bigint := 9223372036854775807;
    bound record;
    ceiling bigint;
    counted bigint;
BEGIN
    IF whose IS NULL THEN
        RAISE EXCEPTION 'limits are counted in the scope of a tenant';
    END IF;
    SELECT * INTO bound FROM tochka.effective_limit(whose, asked);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    ceiling := coalesce(bound.maximum, most);
    IF amount > 0 THEN
        INSERT INTO tochka.limit_usage AS kept (tenant_id, name, window_start, used)
        SELECT whose, asked, bound.window_start, least(amount, most)
        WHERE amount <= ceiling
        ON CONFLICT (tenant_id, name) DO UPDATE
        SET window_start = greatest(kept.window_start, excluded.window_start),
            used = excluded.used
                + CASE WHEN kept.window_start < excluded.window_start THEN 0 ELSE kept.used END
        WHERE CASE WHEN kept.window_start < excluded.window_start THEN 0 ELSE kept.used END
            <= ceiling - excluded.used
        RETURNING used INTO counted;
    ELSIF amount < 0 THEN
        UPDATE tochka.limit_usage SET used = greatest(used + amount, 0)
        WHERE tenant_id = whose AND name = asked AND window_start >= bound.window_start
        RETURNING used INTO counted;
    END IF;
    IF counted IS NULL THEN
        counted := coalesce((
            SELECT used FROM tochka.limit_usage
            WHERE tenant_id = whose AND name = asked AND window_start >= bound.window_start
        ), 0);
        is_counted := amount <= 0;
    ELSE
        is_counted := true;
    END IF;
    RETURN QUERY SELECT is_counted, counted, bound.maximum, bound.is_of_plan, bound.resets_at;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "limits",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("module", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("default_maximum", sa.BigInteger),
        sa.Column("period", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_limits"),
        sa.ForeignKeyConstraint(
            ["module"], [f"{SCHEMA}.modules.name"], name="fk_limits_module", ondelete="CASCADE"
        ),
        sa.CheckConstraint("period IN ('day', 'month')", name="ck_limits_period"),
        schema=SCHEMA,
    )
    op.create_table(
        "limit_usage",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("window_start", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_limit_usage"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            [f"{SCHEMA}.tenants.id"],
            name="fk_limit_usage_tenant_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("used >= 0", name="ck_limit_usage_used"),
        schema=SCHEMA,
    )
    op.execute(_EFFECTIVE_LIMIT)
    op.execute(_COUNT_LIMIT)


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SCHEMA}.count_limit(text, numeric)")
    op.execute(f"DROP FUNCTION {SCHEMA}.effective_limit(uuid, text)")
    op.drop_table("limit_usage", schema=SCHEMA)
    op.drop_table("limits", schema=SCHEMA)
