"""The Alembic environment of the core and of every module; `runner` tells it which one."""

from alembic import context
from sqlalchemy import MetaData
from tochka_plugins.schemas import NAMING_CONVENTION

from tochka_migrations.targets import VERSION_TABLE, Target

target: Target = context.config.attributes["target"]

# A revision that names no constraint gets the models' names. It has to name a CHECK, and in full:
# the convention would put its prefix before that a second time.
names = {kind: name for kind, name in NAMING_CONVENTION.items() if kind != "ck"}

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MetaData(naming_convention=names),
    version_table=VERSION_TABLE,
    version_table_schema=target.schema,
)
with context.begin_transaction():
    context.run_migrations()
