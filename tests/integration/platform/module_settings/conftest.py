"""Settings of acme: set, seen by those who manage modules, and given to the module."""

import pytest
from note_settings import GOT, SETTINGS


@pytest.fixture
def patch(client):
    """Change settings of acme; return the answer."""

    async def patch(acting, *, reset=(), headers=None, **fields):
        headers = {**acting.headers, **(headers or {})}
        return await client.patch(SETTINGS, json=fields, params={"reset": reset}, headers=headers)

    return patch


@pytest.fixture
def read(client):
    """Return the settings of acme as those who manage its modules see them."""

    async def read(acting, more=""):
        answer = await client.get(SETTINGS + more, headers=acting.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


@pytest.fixture
def got(client):
    """Return what the module gets."""

    async def got(acting):
        answer = await client.get(GOT, headers=acting.at("acme"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    return got
