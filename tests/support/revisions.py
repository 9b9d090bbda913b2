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
