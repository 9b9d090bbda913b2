"""No hostile token opens anything, breaks anything, or is written down."""

import pytest
from hostile_tokens import Target, hostile_tokens
from msgspec.structs import replace
from tochka_core.app import create_app
from tochka_core.auth.keys import SigningKey
from tochka_core.http.in_process import concurrent_client

LOGIN, REGISTER, ME = "/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/users/me"
PERSON = {"phone": "+79123456789", "password": "correct horse battery"}
RINGS = {"JWT_SECRET": "", "HS256": SigningKey.new("HS256"), "EdDSA": SigningKey.new("EdDSA")}
MIN_TOKENS = 200


@pytest.mark.parametrize("name", RINGS)
async def test_no_hostile_token_opens_anything(settings, notes, capsys, name):
    key = RINGS[name] or SigningKey.of_secret(settings.jwt_secret)
    ring = key.written if RINGS[name] else None
    app = create_app(replace(settings, jwt_keys=ring), [notes])
    async with concurrent_client(app) as client:
        await client.post(REGISTER, json=PERSON)
        good = (await client.post(LOGIN, json=PERSON)).json()["access_token"]

        async def status(token):
            value = b"Bearer " + token.encode("utf-8", "surrogatepass")
            return (await client.get(ME, headers={"Authorization": value})).status_code

        target = Target(good, key.kid, key.algorithm, key.secret)
        assert await status(target.signed(target.header, target.claims)) == 200
        tokens = dict(hostile_tokens(target))
        capsys.readouterr()
        answers = {name: await status(token) for name, token in tokens.items()}
        log = capsys.readouterr().out
        assert await status(good) == 200
    print(f"{name}: {len(set(tokens.values()))} hostile tokens, {set(answers.values())}")
    assert {name: code for name, code in answers.items() if code != 401} == {}
    assert len(set(tokens.values())) > MIN_TOKENS
    written = [name for name, token in tokens.items() if len(token) > 20 and token[:200] in log]
    assert written == []


@pytest.mark.parametrize(
    "header", [b"\xff\xfe", b"Bearer \xff\xfe", b"Bearer\x00x", b"Bearer \xd0\xb9", b"Bearer a b c"]
)
async def test_no_hostile_header_opens_anything(client, header):
    assert (await client.get(ME, headers={"Authorization": header})).status_code == 401
