"""Settings of modules: set for a tenant, held to what the module declares, in force at once."""

import asyncio
from uuid import uuid4

import pytest
import structlog
from msgspec.structs import replace
from notes_module.hooks import NoteSettings
from problems import pointers
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.diagnosis import _judge_settings
from tochka_core.encryption.keys import EncryptionKey
from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.encryption.usage import renew_secrets
from tochka_core.http.in_process import concurrent_client
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.needed_secrets import find_lacks
from tochka_core.registry.module_door import ModuleDoor
from tochka_plugins import ModuleNotOpen

SETTINGS = "/api/v1/tenants/acme/modules/notes/settings"
GOT = "/api/v1/notes/settings"
"""What the module gets, as it tells."""
DEFAULTS = {"pageSize": 50, "greeting": None, "words": [], "shortest": 0, "longest": 100}
TOKEN = "s3cr3t-t0ken"
DEADLINE_SECONDS = 30
WRONG = [
    ({"pageSize": "20"}, ["/pageSize"]),
    ({"pageSize": 20.0}, ["/pageSize"]),
    ({"pageSize": 0}, ["/pageSize"]),
    ({"pageSize": None}, ["/pageSize"]),
    ({"page_size": 20}, ["/page_size"]),
    ({"words": ["a", 1]}, ["/words/1"]),
    ({"a/b~c": 1}, ["/a~1b~0c"]),
    ({"token": None}, ["/token"]),
    ({"token": "x" * 51}, ["/token"]),
    ({"greeting": 1, "pageSize": 201, "words": {}}, ["/greeting", "/pageSize", "/words"]),
    ({"shortest": 7, "longest": 6}, [""]),
    ({"tenant_id": "x"}, ["/tenant_id"]),
    ({"greeting": "x" * 70_000}, []),
]
"""Values, and where the answer says that they are wrong."""


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


async def test_what_is_set_is_kept_and_all_else_is_the_default(make_tenant, patch, read, got):
    owner = await make_tenant("acme")
    before = await read(owner)
    assert before == {
        "module": "notes",
        "version": 0,
        "values": DEFAULTS,
        "secrets": {"password": False, "token": False},
        "set_fields": [],
        "unaccepted": [],
    }
    changed = await patch(owner, pageSize=20, greeting="Hello")
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"1"')
    assert changed.json()["values"] == {**DEFAULTS, "pageSize": 20, "greeting": "Hello"}
    again = await patch(owner, greeting=None)
    assert again.json() == await read(owner)
    assert again.json()["values"] == {**DEFAULTS, "pageSize": 20}
    assert again.json()["set_fields"] == ["greeting", "pageSize"]
    reset = await patch(owner, reset=["pageSize"])
    assert (reset.json()["values"], reset.json()["set_fields"]) == (DEFAULTS, ["greeting"])
    mine = await got(owner)
    assert (mine["page_size"], mine["greeting"], mine["words"]) == (50, None, ["mine"])


async def test_what_changes_nothing_is_no_version(make_tenant, patch, read):
    owner = await make_tenant("acme")
    for fields in ({}, {"pageSize": 50}, {"pageSize": 50}, {}):
        answer = await patch(owner, **fields)
        assert answer.status_code == 200
    assert answer.json()["version"] == 1
    assert (await patch(owner, reset=["greeting", "token"])).json()["version"] == 1
    assert (await read(owner, "/history"))["total"] == 1


async def test_wrong_values_are_refused_by_field_and_nothing_is_kept(make_tenant, patch, read):
    owner = await make_tenant("acme")
    kept = (await patch(owner, token=TOKEN)).json()
    for fields, wrong in WRONG:
        answer = await patch(owner, **{"greeting": "Hello", **fields})
        assert answer.status_code == 400, fields
        assert pointers(answer) == wrong
        assert TOKEN not in answer.text
    assert await read(owner) == kept


async def test_what_is_no_object_of_fields_is_refused(client, make_tenant, read):
    owner = await make_tenant("acme")
    headers = {**owner.headers, "Content-Type": "application/json"}
    for body in ("[]", "null", '"x"', "{", '{"greeting": "\\u0000"}', ""):
        answer = await client.patch(SETTINGS, content=body, headers=headers)
        assert answer.status_code == 400, body
    assert (await read(owner))["version"] == 0


async def test_only_fields_can_be_reset_and_not_those_that_are_set(make_tenant, patch):
    owner = await make_tenant("acme")
    unknown = await patch(owner, reset=["colour"])
    assert (unknown.status_code, pointers(unknown)) == (400, ["/reset"])
    both = await patch(owner, reset=["greeting"], greeting="x")
    assert (both.status_code, pointers(both)) == (400, ["/greeting"])


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


async def test_nobody_overwrites_a_version_that_they_have_not_seen(make_tenant, patch, read):
    owner = await make_tenant("acme")
    await patch(owner, pageSize=7)
    for tag in ('"0"', '"2"', 'W/"1"', "x", '"1', ""):
        answer = await patch(owner, headers={"If-Match": tag}, pageSize=8)
        assert answer.status_code == 412, tag
        assert (answer.json()["version"], answer.json()["title"]) == (1, "Precondition failed")
    assert (await read(owner))["values"]["pageSize"] == 7
    for number, tag in enumerate(('"1"', "*", '"7", "3"'), start=2):
        answer = await patch(owner, headers={"If-Match": tag}, pageSize=10 + number)
        assert (answer.status_code, answer.json()["version"]) == (200, number)


async def test_of_changes_at_once_for_one_version_one_is_made(make_tenant, patch, read):
    owner = await make_tenant("acme")
    sent = [patch(owner, headers={"If-Match": '"0"'}, pageSize=size) for size in range(1, 6)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    (made,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert await read(owner) == made


async def test_of_changes_at_once_of_different_fields_none_is_lost(make_tenant, patch, read):
    owner = await make_tenant("acme")
    sent = {"pageSize": 3, "greeting": "x", "words": ["y"], "longest": 9, "token": TOKEN}
    await asyncio.gather(*(patch(owner, **{field: value}) for field, value in sent.items()))
    made = await read(owner)
    assert (made["version"], made["set_fields"]) == (5, sorted(sent))


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


async def test_who_has_changed_what_is_told(client, make_tenant, join, patch, read):
    owner = await make_tenant("acme")
    admin = await join("admin")
    await patch(owner, pageSize=7, token=TOKEN)
    await patch(admin, greeting=None, pageSize=8)
    await patch(owner, reset=["pageSize", "token"])
    history = await read(owner, "/history")
    told = [(item["version"], item["made_by"], item["changes"]) for item in history["items"]]
    assert told == [
        (
            3,
            str(owner.id),
            [
                {"field": "pageSize", "action": "reset", "secret": False, "before": 8},
                {"field": "token", "action": "reset", "secret": True},
            ],
        ),
        (
            2,
            str(admin.id),
            [
                {"field": "greeting", "action": "set", "secret": False, "after": None},
                {"field": "pageSize", "action": "set", "secret": False, "before": 7, "after": 8},
            ],
        ),
        (
            1,
            str(owner.id),
            [
                {"field": "pageSize", "action": "set", "secret": False, "after": 7},
                {"field": "token", "action": "set", "secret": True},
            ],
        ),
    ]
    audit = await client.get(
        "/api/v1/tenants/acme/audit",
        params={"action": "module.settings_changed"},
        headers=owner.headers,
    )
    details = [entry["detail"] for entry in audit.json()["items"]]
    assert details[-1] == {"module": "notes", "version": "1", "fields": "pageSize token"}
    assert len(details) == 3
    page = await client.get(SETTINGS + "/history", params={"limit": 1}, headers=owner.headers)
    assert (page.json()["total"], len(page.json()["items"])) == (3, 1)


KEPT = """
INSERT INTO tochka.module_settings (tenant_id, module, version, values)
SELECT id, 'notes', 3, '{"pageSize": 500, "greeting": "Hello", "colour": "red", "token": "plain"}'
FROM tochka.tenants WHERE name = 'acme'
"""


async def test_what_is_not_accepted_is_told_and_stays_until_it_is_set_or_reset(
    make_tenant, patch, read, got, change
):
    owner = await make_tenant("acme")
    with structlog.testing.capture_logs() as lines:
        await change(KEPT)
        taken = await got(owner)
        assert await got(owner) == taken
    assert (taken["page_size"], taken["greeting"], taken["token"]) == (50, "Hello", "")
    shown = await read(owner)
    assert shown["values"] == {**DEFAULTS, "greeting": "Hello"}
    assert (shown["set_fields"], shown["secrets"]["token"]) == (["greeting"], False)
    told = {item["field"]: (item["reason"], item.get("value")) for item in shown["unaccepted"]}
    assert told == {
        "colour": ("The module has no such setting.", "red"),
        "pageSize": ("Expected `int` <= 200", 500),
        "token": ("It is a secret now; set it again.", None),
    }
    (line,) = [line for line in lines if line["event"] == "settings not accepted"]
    assert (line["module"], line["version"]) == ("notes", 3)
    assert line["fields"] == ["colour", "pageSize", "token"]
    assert "plain" not in str(lines) + str(shown)
    changed = await patch(owner, reset=["colour"], pageSize=7)
    assert [item["field"] for item in changed.json()["unaccepted"]] == ["token"]
    mended = (await patch(owner, token=TOKEN)).json()
    assert (mended["unaccepted"], mended["secrets"]["token"]) == ([], True)
    assert "plain" not in str(await read(owner, "/history"))
    kept = (await change("SELECT values FROM tochka.module_settings")).scalar()
    assert kept == {"pageSize": 7, "greeting": "Hello"}


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


async def test_the_doctor_tells_what_is_not_accepted_and_which_keys_are_needed(
    settings, engine, notes, make_tenant, *, patch, change
):
    ring, kind = EncryptionRing(settings.encryption_ring), SettingsKind("notes", notes.settings)
    (key,) = settings.encryption_ring
    owner = await make_tenant("acme")
    await make_tenant("globex")
    await patch(owner, token=TOKEN)
    async with engine.connect() as connection:
        sound = await connection.run_sync(_judge_settings, kind, ring)
    assert (sound.is_ok, sound.detail) == (True, "set by 1 tenant, and accepted")
    (lack,) = await find_lacks(replace(settings, encryption_keys=EncryptionKey.new().written))
    assert f"{key.name} (1 secret setting)" in lack
    assert "its tenant may set it again" in lack
    await change(KEPT.replace("acme", "globex"))
    async with engine.connect() as connection:
        broken = await connection.run_sync(_judge_settings, kind, ring)
    assert not broken.is_ok
    assert "globex (colour, pageSize, token); defaults are in force" in broken.detail
    assert "acme" not in broken.detail
