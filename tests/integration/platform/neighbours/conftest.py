"""Modules that meet in the requests of acme, which has notes and deals; reports is there, too."""

import pytest


@pytest.fixture
def application(chain_application):
    return chain_application


@pytest.fixture
async def owner(judge_chain, make_tenant):
    """The owner of acme."""
    await judge_chain()
    return await make_tenant("acme", modules=["notes", "deals"])


@pytest.fixture
def act(client, owner, when):
    """Do something in the transaction of a request to a module; return the answer."""

    async def act(work, *, module="notes"):
        when(f"{module} act", work)
        return await client.post(f"/api/v1/{module}/act", headers=owner.at("acme"))

    return act


@pytest.fixture
def switch(client, owner):
    """Enable or disable a module for acme; return the answer."""

    async def switch(module, enabled):
        path = f"/api/v1/tenants/acme/modules/{module}"
        return await client.put(path, json={"enabled": enabled}, headers=owner.headers)

    return switch


@pytest.fixture
def told(when):
    """Who was told of which events of modules, in order."""
    told = []
    for module in ("notes", "deals", "reports"):

        async def note(event, _tenant, _session, module=module):
            if not event.__struct_config__.tag.startswith("tenants."):
                told.append((module, event))

        when(f"{module} told", note)
    return told
