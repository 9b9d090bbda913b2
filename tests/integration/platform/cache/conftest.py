"""Two workers, and changes that go past both."""

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import text
from tochka_core.app import create_app
from waiting import eventually


@pytest.fixture
def execute(engine):
    """Run SQL past the platform, as an operator may."""

    async def execute(statement, **parameters):
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL tochka.owner_sees_all = 'on'"))
            await connection.execute(text(statement), parameters)

    return execute


@pytest.fixture
async def other(settings, notes):
    """Another worker."""
    async with AsyncTestClient(create_app(settings, [notes]), raise_server_exceptions=False) as c:
        yield c


@pytest.fixture
def answers(client, other):
    """Wait until both workers answer a path with this status."""

    async def answers(status, path, **options):
        async def agree():
            answers = [await worker.get(path, **options) for worker in (client, other)]
            return {answer.status_code for answer in answers} == {status}

        await eventually(agree)

    return answers


@pytest.fixture
def make_key(client):
    """Have a person make a key that may write notes."""

    async def make_key(owner):
        body = {"name": "Billing", "permissions": ["notes:write"]}
        made = await client.post("/api/v1/tenants/acme/api-keys", json=body, headers=owner.headers)
        assert made.status_code == 201, made.text
        return {"Authorization": f"Bearer {made.json()['key']}"}

    return make_key
