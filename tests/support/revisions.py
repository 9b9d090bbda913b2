"""Bodies of revisions, and what they leave in a database."""

from sqlalchemy import text

TENANT_TABLE = (
    "op.create_table('notes', sa.Column('tenant_id', sa.Uuid, primary_key=True),"
    " sa.Column('id', sa.Integer, primary_key=True), schema='mod_notes')"
)


def create_table(name, schema):
    return f"op.create_table({name!r}, sa.Column('id', sa.Integer), schema={schema!r})"


async def tables(engine):
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT schemaname || '.' || tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
        )
        return {row[0] for row in rows}


async def catalog_digest(engine):
    """Return what tells two states of a database apart: objects, rights, roles and rows."""
    async with engine.connect() as connection:
        rows = [
            (await connection.execute(text(f"TABLE {name}"))).all()
            for name in sorted(await tables(engine))
        ]
        return await connection.scalar(text(_CATALOG)), rows


_CATALOG = """
SELECT md5(concat_ws(' ',
    (SELECT string_agg(concat_ws(' ', oid, nspname, nspacl), ',' ORDER BY oid) FROM pg_namespace
        WHERE nspname !~ '^pg_(toast_)?temp'),
    (SELECT string_agg(concat_ws(' ', oid, xmin, relacl), ',' ORDER BY oid) FROM pg_class),
    (SELECT string_agg(concat_ws(' ', oid, xmin), ',' ORDER BY oid) FROM pg_constraint),
    (SELECT string_agg(concat_ws(' ', oid, xmin), ',' ORDER BY oid) FROM pg_policy),
    (SELECT string_agg(concat_ws(' ', attrelid, attnum, xmin), ',' ORDER BY attrelid, attnum)
        FROM pg_attribute),
    (SELECT string_agg(rolname, ',' ORDER BY oid) FROM pg_roles),
    (SELECT string_agg(extname, ',' ORDER BY oid) FROM pg_extension)
))
"""
