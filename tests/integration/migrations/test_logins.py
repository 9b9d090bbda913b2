"""The runner works for any login role that has what it needs, and says what it lacks."""

from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from sqlalchemy import text
from tochka_core.db.maintenance import maintenance_engine
from tochka_migrations import core_target, upgrade
from tochka_migrations.roles import MissingRoles


@asynccontextmanager
async def logged_in(empty, *roles):
    """Yield an engine whose login role was granted *roles*, and may create schemas but no roles."""
    name = f"login_{uuid4().hex}"
    async with empty.begin() as connection:
        for statement in (
            f"CREATE ROLE {name} LOGIN PASSWORD 'login'",
            f"GRANT CREATE ON DATABASE {empty.url.database} TO {name}",
            *(f"GRANT {role} TO {name}" for role in roles),
        ):
            await connection.execute(text(statement))
    async with maintenance_engine(empty.url.set(username=name, password="login")) as engine:
        yield engine


async def test_a_role_that_was_granted_the_two_roles_need_not_create_any(empty):
    # The roles are of the whole server: an upgrade elsewhere has made them.
    await upgrade(empty, [core_target()])
    async with empty.begin() as connection:
        await connection.execute(text("DROP SCHEMA tochka CASCADE"))
    async with logged_in(empty, "tochka_tenant", "tochka_platform") as engine:
        assert (await upgrade(engine, [core_target()])).failures == {}


async def test_a_role_that_lacks_a_grant_is_told_the_statement(empty):
    await upgrade(empty, [core_target()])
    async with logged_in(empty, "tochka_tenant") as engine:
        with pytest.raises(MissingRoles, match="is no member") as caught:
            await upgrade(engine, [core_target()])
    assert caught.value.sql == f'GRANT tochka_tenant, tochka_platform TO "{engine.url.username}";'
