"""What it costs a worker to decide whether a request may pass, once it knows what that depends on.

The code that serves decides here over and over, and hands the settings to a handler that does
nothing else: the module gate (of 50 modules that each need a subscription), the membership (by
session and person, as at each request), the permission (held by a role of the tenant's own) and the
settings of the tenant. Whether the token's signature is right is beside that: it is measured alone,
and while the rest is measured a token is taken for what it is known to say.

CPU time of this thread, per request; what calls it is measured too, and taken away.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import click
from guarded_module import Settings as GuardedSettings
from installations import filled_database, private_server
from litestar import get
from sqlalchemy import URL, Engine, event
from tochka_core.access.cache import Cache
from tochka_core.access.facts import permissions_by
from tochka_core.access.listener import Listener
from tochka_core.api_keys.uses import KeyUses
from tochka_core.auth.keys import Algorithm, SigningKey
from tochka_core.auth.tokens import AccessTokens, Claims
from tochka_core.db import Database
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.http.access import AccessControl
from tochka_core.http.api_keys import KeyControl
from tochka_core.http.route_rules import MODULE_KEY, PERMISSIONS_KEY
from tochka_core.module_settings.catalog import SettingsCatalog
from tochka_core.module_settings.reading import SettingsReader
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_plugins.host import Candidate, StagedModule
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.staging import stage

Handler = Callable[[Any, Any, Any], Awaitable[None]]
Act = Callable[[], Awaitable[None]]

BUDGET: Final = 40
"""In microseconds."""
ALGORITHMS: Final[Sequence[Algorithm]] = ("HS256", "EdDSA")
ROUNDS: Final = 15
REQUESTS: Final = 3_000
"""In a round, by turns of each of the people in each of the tenants."""
TENANTS, PEOPLE, MODULES = 10, 100, 50
LATER: Final = 2**32
"""In seconds since 1970."""
SQL: Final = """
INSERT INTO tochka.modules (name, display_name, state, availability)
    SELECT CASE n WHEN 0 THEN 'guarded' ELSE 'other' || n END, 'A', 'ready', 'subscription'
    FROM generate_series(0, {modules}) n;
INSERT INTO tochka.tenants (id, name, title)
    SELECT lpad(to_hex(n), 32, '0')\\:\\:uuid, 'tenant' || n, 'Tenant'
    FROM generate_series(0, {tenants}) n;
INSERT INTO tochka.tenant_modules (tenant_id, module)
    SELECT t.id, m.name FROM tochka.tenants t, tochka.modules m;
INSERT INTO tochka.subscriptions (tenant_id, id, starts_at, grace_days)
    SELECT id, id, now() - interval '1 day', 0 FROM tochka.tenants;
INSERT INTO tochka.entitlements
    (tenant_id, id, subscription_id, module, starts_at, ends_at, ending)
    SELECT tenant_id, gen_random_uuid(), tenant_id, module,
        now() - interval '1 day', now() + interval '1 day', 'expired'
    FROM tochka.tenant_modules;
INSERT INTO tochka.module_settings (tenant_id, module, version, values)
    SELECT id, 'guarded', 1, jsonb_build_object('title', name) FROM tochka.tenants;
INSERT INTO tochka.roles (tenant_id, name, title, permissions)
    SELECT id, 'reader', 'Reader', '{{guarded:read}}' FROM tochka.tenants;
INSERT INTO tochka.users (id, phone, password_hash)
    SELECT lpad(to_hex(n), 32, '0')\\:\\:uuid, 'phone' || n, ''
    FROM generate_series(0, {people}) n;
INSERT INTO tochka.sessions (id, user_id, device, address, expires_at)
    SELECT id, id, '', '', now() + interval '1 day' FROM tochka.users;
INSERT INTO tochka.memberships (tenant_id, user_id, role)
    SELECT t.id, u.id, 'reader' FROM tochka.tenants t, tochka.users u
"""
"""Everybody is a member everywhere. The session of a person has the person's id."""


@get("/", opt={MODULE_KEY: "guarded", PERMISSIONS_KEY: ("guarded:read",)})
async def _route() -> None:
    """Stand for the route that is asked for."""


class _KnownTokens(AccessTokens):
    """Takes each token for what it says, which is a person's number."""

    def __init__(self, expires_at: int) -> None:
        people = [UUID(int=n) for n in range(PEOPLE)]
        self._claims = {str(p.int): Claims(p, p, "access", expires_at) for p in people}

    def read(self, token: str) -> Claims:
        return self._claims[token]


def main() -> None:
    """Measure, and print the figures."""
    with private_server() as server:
        asyncio.run(_measure(server))


async def _measure(server: URL) -> None:
    url = await filled_database(
        server, "gate", SQL.format(modules=MODULES - 1, tenants=TENANTS - 1, people=PEOPLE - 1)
    )
    database = Database(url, pool_size=1)
    cache = Cache(database)
    listener = Listener(url, cache)
    async with listener.listening():
        module = _guarded()
        settings = SettingsReader(cache, SettingsCatalog([module]), EncryptionRing(()))
        # What is found by a token that has expired counts for no other request.
        access = _access(cache, listener, module, expires_at=0)
        remembering = _access(cache, listener, module, expires_at=LATER)
        scopes = [_scope(person, tenant) for person in range(PEOPLE) for tenant in range(TENANTS)]
        acts = {
            "all of it": _deciding(access, _with_settings(settings), scopes),
            "all but settings": _deciding(access, _nothing, scopes),
            "remembered": _deciding(remembering, _nothing, scopes),
            "nothing": _answering(_nothing, scopes),
            **{algorithm: _reading(algorithm) for algorithm in ALGORITHMS},
        }
        for act in acts.values():  # from here on all that it depends on is known
            await act()
        with _counted_statements() as statements:
            rounds = [await _round(acts, number) for number in range(ROUNDS)]
    await database.dispose()
    _tell(rounds)
    click.echo(f"statements sent meanwhile: {len(statements)}")
    if statements:
        raise SystemExit("In steady state nothing is to be asked of the database.")


async def _round(acts: Mapping[str, Act], number: int) -> dict[str, float]:
    """Return the microseconds of CPU that each act takes for one request."""
    took = {}
    for name in list(acts)[:: 1 if number % 2 else -1]:
        started = time.thread_time()
        await acts[name]()
        took[name] = (time.thread_time() - started) / REQUESTS * 1e6
    return took


def _tell(rounds: list[dict[str, float]]) -> None:
    checks = [took["all of it"] - took["nothing"] for took in rounds]
    settings = [took["all of it"] - took["all but settings"] for took in rounds]
    click.echo(f"gate, membership, permission and settings: {_spread(checks)}; at most {BUDGET}")
    click.echo(f"  of which settings: {_spread(settings)}")
    remembered = [took["remembered"] - took["nothing"] for took in rounds]
    click.echo(f"all but settings, of one who has asked the same before: {_spread(remembered)}")
    for algorithm in ALGORITHMS:
        read = [took[algorithm] - took["nothing"] for took in rounds]
        click.echo(f"beside that, verifying a token of {algorithm} once: {_spread(read)}")


def _spread(figures: list[float]) -> str:
    low, high = min(figures), max(figures)
    return f"{statistics.median(figures):.1f} µs, in {ROUNDS} rounds {low:.1f} to {high:.1f}"


@contextmanager
def _counted_statements() -> Iterator[list[str]]:
    """Yield the statements that are sent in this process, and the transactions that begin."""
    seen: list[str] = []

    def begin(_connection: object) -> None:
        seen.append("BEGIN")

    def execute(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "begin", begin)
    event.listen(Engine, "before_cursor_execute", execute)
    try:
        yield seen
    finally:
        event.remove(Engine, "begin", begin)
        event.remove(Engine, "before_cursor_execute", execute)


def _guarded() -> StagedModule:
    """Return the module that is asked for."""
    candidate = Candidate(
        name="guarded",
        entry_point="guarded_module",
        distribution="guarded",
        version="1.0",
        summary="",
        requires=(),
        requires_python=None,
    )
    return stage(LoadedModule(candidate))


def _access(
    cache: Cache, listener: Listener, module: StagedModule, *, expires_at: int
) -> AccessControl:
    catalog = PermissionCatalog([module])
    permissions = permissions_by(catalog)
    return AccessControl(
        cache=cache,
        keys=KeyControl(permissions=permissions, catalog=catalog, uses=KeyUses(cache.database)),
        listener=listener,
        permissions=permissions,
        tokens=_KnownTokens(expires_at),
        stopped_modules=set(),
    )


def _deciding(access: AccessControl, handler: Handler, scopes: Sequence[Any]) -> Act:
    """Return what has *access* decide about each request, and *handler* answer it."""

    deciding = access(handler)

    async def decide() -> None:
        for number in range(REQUESTS):
            # A request has a scope of its own, on which it is noted what was decided.
            scope = scopes[number % len(scopes)].copy()
            await deciding(scope, _receive, _send)

    return decide


def _answering(handler: Handler, scopes: Sequence[Any]) -> Act:
    """Return what has *handler* answer each request, and nobody decide."""

    async def answer() -> None:
        for number in range(REQUESTS):
            scope = scopes[number % len(scopes)].copy()
            await handler(scope, _receive, _send)

    return answer


def _reading(algorithm: Algorithm) -> Act:
    """Return what verifies an access token anew for each request, as is done with its first."""
    tokens = AccessTokens([SigningKey.new(algorithm)], lifetime_seconds=3600)
    until = datetime.now(UTC) + timedelta(hours=1)
    token = tokens.issue(UUID(int=0), UUID(int=0), until=until).text

    async def read() -> None:
        for _ in range(REQUESTS):
            tokens._verify(token)

    return read


def _with_settings(reader: SettingsReader) -> Handler:
    """Return a handler that asks for the settings of the tenant, as the chosen one has them."""

    async def ask(scope: Any, _receive: object, _send: object) -> None:
        tenant = scope["auth"].tenant
        settings = await reader.read(tenant.id, "guarded")
        if settings != GuardedSettings(title=tenant.name):
            raise SystemExit(f"{tenant.name} has got {settings}")

    return ask


async def _nothing(_scope: object, _receive: object, _send: object) -> None:
    """Answer without asking for anything."""


async def _receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: object) -> None:
    """Send nothing: nobody listens."""


def _scope(person: int, tenant: int) -> dict[str, Any]:
    """Return a request of a person for a tenant, with the headers that a browser sends."""
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "route_handler": _route,
        "headers": [
            (b"host", b"api.example.com"),
            (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101"),
            (b"accept", b"application/json"),
            (b"accept-language", b"en"),
            (b"accept-encoding", b"gzip, deflate, br"),
            (b"authorization", f"Bearer {person}".encode()),
            (b"x-tenant", f"tenant{tenant}".encode()),
            (b"connection", b"keep-alive"),
        ],
    }


if __name__ == "__main__":
    main()
