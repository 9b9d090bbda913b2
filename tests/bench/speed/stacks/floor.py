"""What PostgreSQL and the driver leave to anybody: no framework, no session, nobody is asked for.

The statements are those of the platform, with its transaction, its role and its tenant, and so are
the answers.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg  # noqa: TID251 - the driver itself is what is measured
import msgspec
from sqlalchemy import make_url
from tochka_core.db import scope as our_scope
from tochka_core.db.scope import Scope
from uuid_utils.compat import uuid7

_TENANT: Final = Scope.of_tenant(UUID(os.environ["BENCH_TENANT_ID"])).opening
_PLATFORM: Final = Scope.of_platform().opening
_PERSON: Final = UUID(os.environ["BENCH_USER_ID"])
_COMMIT: Final = f"{our_scope._FAIL_IF_ABORTED}; COMMIT; {our_scope._FORGET_SESSION}"

_COLUMNS: Final = "id, name, kind, phone, email, company, tags, notes, created_at, updated_at"
_LIST: Final = (
    f"SELECT {_COLUMNS}, (SELECT count(*) FROM mod_contacts.contacts)"
    " FROM mod_contacts.contacts ORDER BY id LIMIT $1 OFFSET $2"
)
_GET: Final = f"SELECT {_COLUMNS} FROM mod_contacts.contacts WHERE id = $1"
_ADD: Final = (
    "INSERT INTO mod_contacts.contacts (id, name, kind, tags) VALUES ($1, $2, 'person', '{}')"
    f" RETURNING {_COLUMNS}"
)
_CONSUME: Final = "SELECT * FROM tochka.count_limit('contacts.max', 1)"
_ME: Final = "SELECT id, phone, role, created_at FROM tochka.users WHERE id = $1"
_LIMIT: Final = 20


class _Server:
    """The answers to the paths that are asked for, as bytes."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def answer(self, method: str, path: str, receive: Any) -> tuple[int, bytes]:
        match method, path.strip("/").split("/"):
            case "GET", ["health", "live"]:
                return 200, b'{"status":"live"}'
            case "GET", ["api", "v1", "users", "me"]:
                return 200, await self._me()
            case "GET", ["api", "v1", "contacts"]:
                return 200, await self._list()
            case "GET", ["api", "v1", "contacts", contact_id]:
                return 200, await self._get(UUID(contact_id))
            case "POST", ["api", "v1", "contacts"]:
                return 201, await self._create(msgspec.json.decode((await receive())["body"]))
        return 404, b"{}"

    async def _me(self) -> bytes:
        (rows,) = await self._run(_PLATFORM, (_ME, _PERSON))
        return msgspec.json.encode(dict(rows[0]))

    async def _list(self) -> bytes:
        (rows,) = await self._run(_TENANT, (_LIST, _LIMIT, 0))
        items = [dict(row) for row in rows]
        total = [item.pop("count") for item in items][-1]
        page = {"items": items, "total": total, "limit": _LIMIT, "offset": 0}
        return msgspec.json.encode(page)

    async def _get(self, contact_id: UUID) -> bytes:
        (rows,) = await self._run(_TENANT, (_GET, contact_id))
        return msgspec.json.encode(dict(rows[0]))

    async def _create(self, data: Mapping[str, Any]) -> bytes:
        rows, _used = await self._run(_TENANT, (_ADD, uuid7(), data["name"]), (_CONSUME,))
        return msgspec.json.encode(dict(rows[0]))

    async def _run(self, opening: str, *statements: Sequence[Any]) -> list[Sequence[Any]]:
        """Return the rows of each statement; each is its text and its values."""
        async with self._pool.acquire() as connection:
            await connection.execute(opening)
            found = [await connection.fetch(*statement) for statement in statements]
            await connection.execute(_COMMIT)
        return found


_server: _Server


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve ASGI."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    status, body = await _server.answer(scope["method"], scope["path"], receive)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    global _server  # noqa: PLW0603 - ASGI has no other place before the first request
    await receive()
    url = make_url(os.environ["DATABASE_URL"])
    pool = await asyncpg.create_pool(
        host=url.query["host"],
        port=int(url.query.get("port", 5432)),
        user=url.username,
        password=url.password,
        database=url.database,
        min_size=20,
        max_size=20,
        # The end of a transaction has reset all, as ours has.
        reset=_nothing,
    )
    _server = _Server(pool)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _nothing(_connection: object) -> None:
    """Reset nothing."""
