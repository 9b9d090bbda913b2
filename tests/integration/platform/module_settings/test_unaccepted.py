"""What is kept, and the module does not accept any more."""

import structlog
from msgspec.structs import replace
from note_settings import DEFAULTS, TOKEN
from tochka_core.diagnosis import _judge_settings
from tochka_core.encryption.keys import EncryptionKey
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.needed_secrets import find_lacks

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
