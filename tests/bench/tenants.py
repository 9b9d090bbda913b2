"""A request's way to its handler and back, with 10 tenants and with 100,000.

Two databases of one server and an application on each, in this process. They take turns, so that
what else the machine does touches both.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click
import msgspec
from asking import ask
from installations import filled_database, private_server
from litestar import Litestar, get
from sqlalchemy import URL
from tochka_core.access.cache import Cache
from tochka_core.access.facts import permissions_by
from tochka_core.access.listener import Listener
from tochka_core.api_keys.uses import KeyUses
from tochka_core.auth.keys import SigningKey
from tochka_core.auth.tokens import AccessTokens
from tochka_core.db import Database
from tochka_core.http.access import AccessControl
from tochka_core.http.api_keys import KeyControl
from tochka_core.http.route_rules import MODULE_KEY
from tochka_core.tenants.permissions import PermissionCatalog

FEW, MANY = 10, 100_000
ROUNDS = 20
KNOWN, ANEW = 200, 20
"""Requests in a round."""
PERSON, SESSION = UUID(int=1), UUID(int=2)
TOKENS = AccessTokens([SigningKey.new("HS256")], lifetime_seconds=3600)
SQL = """
INSERT INTO tochka.modules (name, display_name, state) VALUES ('small', 'Small', 'ready');
INSERT INTO tochka.tenants (id, name, title)
    SELECT gen_random_uuid(), 'tenant' || n, 'Tenant' FROM generate_series(0, {last}) n;
INSERT INTO tochka.users (id, phone, password_hash)
    SELECT CASE n WHEN 0 THEN '{person}' ELSE gen_random_uuid() END, 'phone' || n, ''
    FROM generate_series(0, {last}) n;
INSERT INTO tochka.sessions (id, user_id, device, address, expires_at)
    VALUES ('{session}', '{person}', '', '', now() + interval '1 hour');
INSERT INTO tochka.memberships (tenant_id, user_id, role)
    SELECT t.id, u.id, 'owner'
    FROM tochka.tenants t JOIN tochka.users u ON u.phone = 'phone' || substr(t.name, 7);
INSERT INTO tochka.memberships (tenant_id, user_id, role)
    SELECT id, '{person}', 'member' FROM tochka.tenants WHERE length(name) = 7
    ON CONFLICT DO NOTHING;
INSERT INTO tochka.tenant_modules (tenant_id, module) SELECT id, 'small' FROM tochka.tenants;
"""
"""Tenants that have one module enabled, each with an owner, and a member of the first ten."""


class Worker(msgspec.Struct, frozen=True):
    """An application, and what it knows."""

    app: Litestar
    cache: Cache


def main() -> None:
    """Measure, and print how the times compare, round by round."""
    with private_server() as server:
        asyncio.run(_compare(server))


async def _compare(server: URL) -> None:
    async with AsyncExitStack() as stack:
        few, many = [
            await stack.enter_async_context(_worker(server, tenants)) for tenants in (FEW, MANY)
        ]
        for subject, is_new in (("what is known", False), ("what is asked for anew", True)):
            pairs = []
            for number in range(ROUNDS + 1):
                workers = (few, many) if number % 2 else (many, few)
                took = {worker.app: await _measure(worker, is_new=is_new) for worker in workers}
                pairs.append((took[few.app], took[many.app]))
            _tell(subject, pairs[1:])


def _tell(subject: str, pairs: list[tuple[float, float]]) -> None:
    ratios = sorted(many / few for few, many in pairs)
    few, many = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
    click.echo(
        f"a request by {subject}: {few:.0f} µs with {FEW} tenants, {many:.0f} µs with {MANY};"
        f" ratio {statistics.median(ratios):.2f}, in {ROUNDS} rounds {ratios[0]:.2f} to"
        f" {ratios[-1]:.2f}"
    )


@asynccontextmanager
async def _worker(server: URL, tenants: int) -> AsyncIterator[Worker]:
    """Yield an application on a database of its own with so many *tenants*."""
    script = SQL.format(last=tenants - 1, person=PERSON, session=SESSION)
    url = await filled_database(server, f"with_{tenants}", script)
    database = Database(url, pool_size=1)
    cache = Cache(database)
    listener = Listener(url, cache)
    catalog = PermissionCatalog()
    permissions = permissions_by(catalog)
    access = AccessControl(
        cache=cache,
        keys=KeyControl(permissions=permissions, catalog=catalog, uses=KeyUses(database)),
        listener=listener,
        permissions=permissions,
        tokens=TOKENS,
        stopped_modules=set(),
    )
    app = Litestar([_nothing], middleware=[access], openapi_config=None, logging_config=None)
    async with listener.listening():
        yield Worker(app, cache)
    await database.dispose()


@get("/", opt={MODULE_KEY: "small"})
async def _nothing() -> None:
    """Ask the database for nothing."""


async def _measure(worker: Worker, *, is_new: bool) -> float:
    """Return how many seconds a request takes, the median of a round."""
    token = TOKENS.issue(PERSON, SESSION, until=datetime.now(UTC) + timedelta(hours=1)).text
    took = []
    for number in range(ANEW if is_new else KNOWN):
        if is_new:
            worker.cache.begin()
        started = time.perf_counter()
        await ask(worker.app, "/", token=token, tenant=f"tenant{number % FEW}")
        took.append(time.perf_counter() - started)
    return statistics.median(took)


if __name__ == "__main__":
    main()
