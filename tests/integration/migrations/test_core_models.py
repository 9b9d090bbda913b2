"""The core's models and its schema are one."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.registry.models import Module
from tochka_core.tenants.models import Tenant
from tochka_core.users.models import User


async def test_the_cores_models_equal_its_schema(database_url):
    assert {Module.metadata, Tenant.metadata, User.metadata} == {User.metadata}
    # The login role is called as the core's schema, which "$user" would make the default one.
    settings = {"server_settings": {"search_path": "public"}}
    engine = create_async_engine(database_url, poolclass=NullPool, connect_args=settings)

    def differences(connection):
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == "tochka",
            "version_table_schema": "tochka",
        }
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, User.metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
