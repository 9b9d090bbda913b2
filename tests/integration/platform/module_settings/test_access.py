"""Who sees settings, of which modules, and where."""

from uuid import uuid4

import pytest
from msgspec.structs import replace
from note_settings import GOT, SETTINGS, TOKEN
from notes_module.hooks import NoteSettings
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.http.in_process import concurrent_client
from tochka_core.registry.module_door import ModuleDoor
from tochka_plugins import ModuleNotOpen


async def test_only_who_manages_modules_sees_and_changes_them(
    client, make_tenant, join, define_role, patch
):
    owner = await make_tenant("acme")
    await define_role(owner, "keeper", "tenants:manage_modules")
    await make_tenant("globex")
    statuses = {}
    for role in ("admin", "keeper", "member"):
        person = await join(role)
        for path in ("", "/schema", "/history"):
            answer = await client.get(SETTINGS + path, headers=person.headers)
            statuses[role, path] = answer.status_code
        statuses[role, "patch"] = (await patch(person, pageSize=3)).status_code
    assert {status for (role, _), status in statuses.items() if role != "member"} == {200}
    assert {status for (role, _), status in statuses.items() if role == "member"} == {403}
    stranger = await make_tenant("initech")
    assert (await patch(stranger, pageSize=3)).status_code == 404
    assert (await client.get(SETTINGS, headers=stranger.headers)).status_code == 404


async def test_a_module_that_the_tenant_does_not_have_has_no_settings(client, make_tenant, master):
    owner = await make_tenant("acme", modules=())
    for module in ("notes", "nothing"):
        path = f"/api/v1/tenants/acme/modules/{module}/settings"
        for more in ("", "/schema", "/history"):
            for person in (owner, master):
                answer = await client.get(path + more, headers=person.headers)
                assert answer.status_code == 404, answer.text
        answer = await client.patch(path, json={"pageSize": 3}, headers=owner.headers)
        assert answer.status_code == 404


async def test_a_module_that_is_gone_is_told_from_one_without_settings(client, make_tenant, change):
    owner = await make_tenant("acme")
    await change(
        "INSERT INTO tochka.modules (name, display_name, state) VALUES ('gone', 'Gone', 'missing')"
    )
    await change(
        "INSERT INTO tochka.tenant_modules (tenant_id, module)"
        " SELECT id, 'gone' FROM tochka.tenants"
    )
    path = "/api/v1/tenants/acme/modules/gone/settings"
    told = (await client.get(path, headers=owner.headers)).json()
    assert (told["status"], told["detail"]) == (404, "The module gone cannot be used at present.")


async def test_a_module_whose_subscription_is_over_answers_as_its_routes(
    client, make_tenant, patch, change
):
    owner = await make_tenant("acme")
    await change("UPDATE tochka.modules SET availability = 'subscription' WHERE name = 'notes'")
    paths = (GOT, SETTINGS, f"{SETTINGS}/schema", f"{SETTINGS}/history")
    answers = [await client.get(path, headers=owner.at("acme")) for path in paths]
    answers.append(await patch(owner, pageSize=7))
    assert {(answer.status_code, answer.json()["module"]) for answer in answers} == {(402, "notes")}


async def test_a_module_that_could_not_be_loaded_answers_503(settings, make_tenant):
    owner = await make_tenant("acme")
    async with concurrent_client(create_app(settings, [], absent=["notes"])) as client:
        answer = await client.get(SETTINGS, headers=owner.headers)
    assert answer.status_code == 503


async def test_settings_outlive_disabling(client, make_tenant, patch, read):
    owner = await make_tenant("acme")
    await patch(owner, pageSize=7)
    for enabled in (False, True):
        switch = await client.put(
            SETTINGS.removesuffix("/settings"), json={"enabled": enabled}, headers=owner.headers
        )
        assert switch.status_code == 200
    assert (await read(owner))["values"]["pageSize"] == 7


async def test_the_schema_tells_types_defaults_and_secrets(make_tenant, read):
    schema = await read(await make_tenant("acme"), "/schema")
    fields = schema["$defs"]["NoteSettings"]
    assert schema["$ref"] == "#/$defs/NoteSettings"
    assert fields["additionalProperties"] is False
    assert fields["properties"]["pageSize"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 200,
        "default": 50,
    }
    assert fields["properties"]["token"]["writeOnly"] is True


async def test_a_module_reads_them_outside_of_a_request(
    client, database, doors, settings, make_tenant, *, patch
):
    owner = await make_tenant("acme")
    await patch(owner, token=TOKEN, pageSize=7)
    async with database.platform_scope(reason="test") as session:
        acme = await session.scalar(text("SELECT id FROM tochka.tenants"))
    ring = EncryptionRing(settings.encryption_ring)
    door = ModuleDoor(replace(doors, ring=ring), "notes")
    found = await door.settings(acme, NoteSettings)
    assert (found.page_size, found.token, found.greeting) == (7, TOKEN, None)
    with pytest.raises(SecretUnreadable):
        await ModuleDoor(doors, "notes").settings(acme, NoteSettings)
    with pytest.raises(ModuleNotOpen):
        await door.settings(uuid4(), NoteSettings)
    path = SETTINGS.removesuffix("/settings")
    await client.put(path, json={"enabled": False}, headers=owner.headers)
    with pytest.raises(ModuleNotOpen):
        await door.settings(acme, NoteSettings)
