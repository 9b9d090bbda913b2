"""What a module reaches of tenants outside of a request: what it would reach in one."""

from uuid import uuid4

import pytest
from notes_module.models import Note
from sqlalchemy import select
from tochka_core.registry.module_door import ModuleDoor
from tochka_plugins import ModuleNotOpen

SOLD = "UPDATE tochka.modules SET availability = 'subscription' WHERE name = 'notes'"


@pytest.fixture
def door(doors):
    return ModuleDoor(doors, "notes")


@pytest.fixture
def id_of(change):
    """Return the id of a tenant."""

    async def id_of(name):
        found = await change("SELECT id FROM tochka.tenants WHERE name = :name", name=name)
        return found.scalar_one()

    return id_of


async def is_refused(door, tenant_id):
    try:
        async with door.tenant_scope(tenant_id):
            return False
    except ModuleNotOpen as error:
        return error.extra == {"module": "notes", "tenant": str(tenant_id)}


async def test_the_rows_of_a_tenant_that_has_the_module(client, make_tenant, door, id_of):
    owner = await make_tenant("acme")
    acme = await id_of("acme")
    await client.post("/api/v1/notes", json={"text": "of acme"}, headers=owner.at("acme"))
    async with door.tenant_scope(acme) as session:
        assert list(await session.scalars(select(Note.text))) == ["of acme"]
        session.add(Note(text="by the door"))
    notes = await client.get("/api/v1/notes", headers=owner.at("acme"))
    assert notes.json() == ["by the door", "of acme"]


async def test_a_block_that_raises_keeps_nothing(client, make_tenant, door, id_of):
    owner = await make_tenant("acme")
    with pytest.raises(RuntimeError):
        async with door.tenant_scope(await id_of("acme")) as session:
            session.add(Note(text="by the door"))
            await session.flush()
            raise RuntimeError
    assert (await client.get("/api/v1/notes", headers=owner.at("acme"))).json() == []


async def test_a_tenant_that_does_not_have_the_module_is_refused(
    client, make_tenant, door, id_of, change
):
    owner = await make_tenant("acme", modules=())
    acme, path = await id_of("acme"), "/api/v1/tenants/acme/modules/notes"
    assert await is_refused(door, uuid4())
    assert await is_refused(door, acme)
    for enabled in (True, False, True):
        await client.put(path, json={"enabled": enabled}, headers=owner.headers)
        assert await is_refused(door, acme) is not enabled
    await change(SOLD)
    assert await is_refused(door, acme)


async def test_the_tenants_of_a_module_are_active_and_have_it(
    client, make_tenant, master, door, change
):
    for name in ("globex", "acme", "closed", "gone"):
        await make_tenant(name)
    await make_tenant("initech", modules=())
    await client.patch(
        "/api/v1/tenants/closed", json={"suspension_reason": "unpaid"}, headers=master.headers
    )
    await client.delete("/api/v1/tenants/gone", headers=master.headers)
    found = await door.tenants()
    assert [(item.name, item.title) for item in found] == [("acme", "acme"), ("globex", "globex")]
    everybody = (await change("SELECT id FROM tochka.tenants ORDER BY name")).scalars().all()
    one_by_one = [await door.find_tenant(tenant_id) for tenant_id in (*everybody, uuid4())]
    assert [item for item in one_by_one if item is not None] == found
    await change(SOLD)
    assert await door.tenants() == []
    assert await door.find_tenant(found[0].id) is None
