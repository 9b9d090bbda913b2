"""A stranger to a tenant cannot tell it from one that does not exist, on no route about tenants."""

from uuid import UUID

from sqlalchemy import Engine, event

UNKNOWN = str(UUID(int=0))
BODY = {
    "POST /api-keys": {"name": "robot", "permissions": ["tenants:read_audit"]},
    "POST /domains": {"domain": "shop.example.com"},
    "POST /invitations": {"phone": "+79990000001"},
    "POST /members": {"phone": "+79990000001"},
    "POST /ownership": {"user_id": UNKNOWN},
    "POST /roles": {"name": "guest", "permissions": []},
    "PATCH /members/{user_id}": {"role": "member"},
    "PUT /modules/{module}": {"enabled": True},
}
OF_ONE = "/api/v1/tenants/{name}"


async def test_a_stranger_is_told_the_same_for_as_many_statements(client, make_tenant, register):
    await make_tenant("acme", domain="shop.example.com")
    stranger = await register()
    seen = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    async def ask(tenant, method, path):
        """Return all that can be seen of an answer, and the statements that it took."""
        body = BODY.get(f"{method} {path}", {})
        ids = {
            "user_id": UNKNOWN,
            "invitation_id": UNKNOWN,
            "module": "notes",
            "role": "guest",
            "key_id": UNKNOWN,
        }
        url = (OF_ONE + path).format(name=tenant, domain="shop.example.com", **ids)
        seen.clear()
        answer = await client.request(
            method, url, headers=stranger.headers, **({} if method == "GET" else {"json": body})
        )
        assert answer.status_code in {403, 404}, (method, path, answer.text)
        del answer.headers["x-request-id"]
        problem = {**answer.json(), "request_id": None}
        return answer.status_code, dict(answer.headers), problem, [*seen]

    described = (await client.get("/schema/openapi.json")).json()["paths"]
    asked = [
        (method.upper(), path.removeprefix(OF_ONE))
        for path, operations in described.items()
        if path.startswith(OF_ONE)
        for method in operations
    ]
    event.listen(Engine, "before_cursor_execute", note)
    try:
        await ask("acme", "GET", "")
        told = {(*what,): [await ask(name, *what) for name in ("acme", "nope")] for what in asked}
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    print(f"{len(told)} operations tried as a stranger")
    assert len(told) > 20
    assert [what for what, (real, unreal) in told.items() if real != unreal] == []
