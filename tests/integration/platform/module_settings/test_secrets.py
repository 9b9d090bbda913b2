"""Secrets among the settings: for the module alone, and kept with keys."""

import structlog
from msgspec.structs import replace
from note_settings import GOT, SETTINGS, TOKEN
from notes_module.hooks import NoteSettings
from tochka_core.app import create_app
from tochka_core.encryption.keys import EncryptionKey
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.encryption.usage import renew_secrets
from tochka_core.http.in_process import concurrent_client
from tochka_core.registry.module_door import ModuleDoor


async def test_a_secret_is_given_to_the_module_and_shown_nowhere_else(
    client, make_tenant, patch, read, *, got, change
):
    owner = await make_tenant("acme")
    with structlog.testing.capture_logs() as lines:
        answer = await patch(owner, token=TOKEN, password="p4ssw0rd-1")
        changed = await patch(owner, token=TOKEN + "2", reset=["password"])
        taken = await got(owner)
    assert (taken["token"], taken["password"]) == ((TOKEN + "2")[::-1], None)
    assert taken["said"] == "'***'"
    assert changed.json()["secrets"] == {"password": False, "token": True}
    audit = await client.get("/api/v1/tenants/acme/audit", headers=owner.headers)
    tables = ("module_settings", "module_secrets", "module_settings_versions", "audit_log")
    rows = [
        (await change(f"SELECT json_agg(t)::text FROM tochka.{table} t")).scalar()  # noqa: S608 - the names above
        for table in tables
    ]
    places = [answer.text, changed.text, str(await read(owner)), str(await read(owner, "/history"))]
    for place in (*places, audit.text, *rows, str(lines)):
        assert TOKEN not in place
        assert "p4ssw0rd-1" not in place
    assert "token" in rows[1]


async def test_a_secret_is_taken_back_by_its_default(make_tenant, patch, got):
    owner = await make_tenant("acme")
    await patch(owner, token=TOKEN, password="p4ssw0rd-1")
    answer = await patch(owner, token="", password=None)
    assert answer.json()["secrets"] == {"password": False, "token": False}
    assert ((await got(owner))["token"], answer.json()["version"]) == ("", 2)


async def test_that_a_secret_is_set_to_what_it_was_is_told_to_nobody(make_tenant, patch):
    owner = await make_tenant("acme")
    versions = [
        (await patch(owner, token=secret)).json()["version"]
        for secret in (TOKEN, TOKEN, "another", "another")
    ]
    assert versions == [1, 2, 3, 4]


async def test_a_secret_whose_key_is_gone_is_told_and_mended(
    settings, make_tenant, patch, read, notes
):
    owner = await make_tenant("acme")
    await patch(owner, token=TOKEN, pageSize=7)
    other = replace(settings, encryption_keys="a1" * 32)
    async with concurrent_client(create_app(other, [notes])) as client:
        for _ in range(2):
            assert (await client.get(GOT, headers=owner.at("acme"))).status_code == 503
        shown = (await client.get(SETTINGS, headers=owner.headers)).json()
        assert [item["field"] for item in shown["unaccepted"]] == ["token"]
        assert (shown["secrets"]["token"], shown["values"]["pageSize"]) == (True, 7)
        for fields, status in (({"pageSize": 8}, 503), ({"token": "new"}, 200)):
            answer = await client.patch(SETTINGS, json=fields, headers=owner.headers)
            assert answer.status_code == status
        assert (await client.get(GOT, headers=owner.at("acme"))).json()["token"] == "wen"


async def test_secrets_move_to_a_new_key(database, doors, settings, make_tenant, *, patch, change):
    owner = await make_tenant("acme")
    await patch(owner, token=TOKEN, password="p4ssw0rd-1")
    new = EncryptionKey.new()
    ring = EncryptionRing([new, *settings.encryption_ring])
    async with database.platform_scope(reason="test") as session:
        assert await renew_secrets(session, ring) == 2
        assert await renew_secrets(session, ring) == 0
    acme = (await change("SELECT id FROM tochka.tenants")).scalar()
    door = ModuleDoor(replace(doors, ring=EncryptionRing([new])), "notes")
    found = await door.settings(acme, NoteSettings)
    assert (found.token, found.password) == (TOKEN, "p4ssw0rd-1")
