"""Where the secrets of second factors lie, and who can read them."""

import msgspec
import structlog
from tochka_core.app import create_app
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.encryption.usage import renew_secrets
from tochka_core.http.in_process import concurrent_client

FACTOR = "/api/v1/auth/second-factor"
PASSWORD = "correct horse battery"
NEW_KEY = "a1" * 32


async def test_no_secret_is_in_the_log_or_readable_in_the_database(enrol, sql):
    with structlog.testing.capture_logs() as lines:
        app = await enrol()
        challenge, code = await app.challenge(), await app.code()
        await app.answer(challenge, "000001")
        await app.answer(challenge, code)
        await app.answer(await app.challenge(), app.recovery_codes[0])
    tables = ("second_factors", "recovery_codes", "sign_in_challenges", "audit_log", "throttles")
    rows = [
        str((await sql(f"SELECT json_agg(t) FROM tochka.{table} t")).scalar())  # noqa: S608 - the names above
        for table in tables
    ]
    for place in (str(lines), *rows):
        for secret in (app.totp.secret, challenge, app.recovery_codes[0], app.recovery_codes[1]):
            assert secret not in place
    assert code not in str(lines)
    assert "otpauth" not in str(lines)


async def test_without_keys_nobody_sets_one_up(settings, notes, register):
    person = await register()
    keyless = msgspec.structs.replace(settings, encryption_keys=None)
    async with concurrent_client(create_app(keyless, [notes])) as client:
        answer = await client.post(FACTOR, json={"password": PASSWORD}, headers=person.headers)
    assert answer.status_code == 503
    assert "TOCHKA_ENCRYPTION_KEYS" in answer.json()["detail"]


async def test_a_secret_moved_to_another_person_lets_nobody_in(enrol, sql):
    anna, boris = await enrol(), await enrol()
    await sql(
        "UPDATE tochka.second_factors SET secret = own.secret FROM tochka.second_factors own"
        " WHERE own.user_id = :boris AND second_factors.user_id = :anna",
        anna=anna.person.id,
        boris=boris.person.id,
    )
    challenge = await anna.challenge()
    assert (await anna.answer(challenge, await boris.code())).status_code == 503
    assert (await anna.answer(challenge, anna.recovery_codes[0])).status_code == 200


async def test_secrets_move_to_a_new_key_when_they_are_used_or_all_at_once(
    settings, database, notes, enrol, sql
):
    used, unused = await enrol(), await enrol()
    both = msgspec.structs.replace(
        settings, encryption_keys=f"{NEW_KEY},{settings.encryption_keys}"
    )
    new = msgspec.structs.replace(settings, encryption_keys=NEW_KEY)
    ring = EncryptionRing(both.encryption_ring)
    async with concurrent_client(create_app(both, [notes])) as client:
        used._client = client
        answer = await used.answer(await used.challenge(), await used.code())
        assert answer.status_code == 200
        async with database.platform_scope(reason="test") as session:
            assert await renew_secrets(session, ring) == 1
            assert await renew_secrets(session, ring) == 0
    async with concurrent_client(create_app(new, [notes])) as client:
        for app in (used, unused):
            app._client = client
            assert (await app.answer(await app.challenge(), await app.code())).status_code == 200
