"""The Alembic environment of the core and of every module; `runner` tells it which one."""

from alembic import context

from tochka_migrations.targets import VERSION_TABLE, Target

target: Target = context.config.attributes["target"]


def is_own(name: str | None, kind: str, _parents: object) -> bool:
    """Keep autogenerate inside the schema of the target."""
    return name == target.schema if kind == "schema" else name != VERSION_TABLE


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=target.metadata,
    version_table=VERSION_TABLE,
    version_table_schema=target.schema,
    include_schemas=True,
    include_name=is_own,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
