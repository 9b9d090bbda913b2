"""Listing what a tenant has, in an installation of 10 tenants and 5 modules, and in larger ones.

Three databases of one server, and the core on each, in this process. They take turns, so that what
else the machine does touches all. One tenant of each has 5 modules, however many there are; the
others have all. Each module was bought three times in a row, so that two entitlements are over.

`GET /api/v1/modules` names all modules that there are, so that its answer is ten times as long
where there are 50: it is compared among installations of 50, and by the entry.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import click
import msgspec
from asking import ask
from installations import filled_database, private_server
from litestar import Litestar
from sqlalchemy import URL, select, text
from sqlalchemy.dialects.postgresql import dialect
from tochka_core.access.facts import open_modules
from tochka_core.app import create_app
from tochka_core.auth.tokens import AccessTokens
from tochka_core.db import Database
from tochka_core.registry.models import TenantModule
from tochka_core.settings import Settings
from tochka_core.subscriptions.models import Entitlement, Phase, Subscription
from tochka_core.tenants.models import Tenant

Act = Callable[["Installation"], Awaitable[object]]

ROUNDS: Final = 15
REQUESTS: Final = 40
"""In a round."""
HAS_FIVE, HAS_ALL = "tenant0", "tenant1"
PERSON, SESSION = UUID(int=1), UUID(int=2)
SECRET: Final = "of this bench, and nobody's at all"
SQL: Final = """
INSERT INTO tochka.modules (name, display_name, state, availability)
    SELECT 'module' || lpad(CAST(n AS text), 2, '0'), 'Module', 'ready', 'subscription'
    FROM generate_series(0, {modules} - 1) n;
INSERT INTO tochka.tenants (id, name, title)
    SELECT gen_random_uuid(), 'tenant' || n, 'Tenant' FROM generate_series(0, {tenants} - 1) n;
INSERT INTO tochka.users (id, phone, password_hash) VALUES ('{person}', 'phone', '');
INSERT INTO tochka.sessions (id, user_id, device, address, expires_at)
    VALUES ('{session}', '{person}', '', '', now() + interval '1 day');
INSERT INTO tochka.memberships (tenant_id, user_id, role)
    SELECT id, '{person}', 'owner' FROM tochka.tenants;
INSERT INTO tochka.tenant_modules (tenant_id, module)
    SELECT t.id, m.name FROM tochka.tenants t, tochka.modules m
    WHERE t.name <> 'tenant0' OR m.name < 'module05';
INSERT INTO tochka.subscriptions (tenant_id, id, starts_at, paid_until, grace_days)
    SELECT id, gen_random_uuid(), now() - interval '1 day' * n, now() - interval '1 day' * (n - 1),
        0
    FROM tochka.tenants, generate_series(0, 2) n;
INSERT INTO tochka.subscription_phases
    (tenant_id, subscription_id, starts_at, modules, limits)
    SELECT s.tenant_id, s.id, s.starts_at, array_agg(m.module), jsonb_build_object()
    FROM tochka.subscriptions s JOIN tochka.tenant_modules m ON m.tenant_id = s.tenant_id
    GROUP BY s.tenant_id, s.id;
INSERT INTO tochka.entitlements
    (tenant_id, id, subscription_id, module, starts_at, ends_at, ending)
    SELECT s.tenant_id, gen_random_uuid(), s.id, m.module, s.starts_at, s.paid_until, 'expired'
    FROM tochka.subscriptions s JOIN tochka.tenant_modules m ON m.tenant_id = s.tenant_id
"""


class Installation(msgspec.Struct, frozen=True):
    """An application with so many tenants and modules."""

    tenants: int
    modules: int
    app: Litestar
    database: Database
    token: str

    def __str__(self) -> str:
        return f"{self.tenants:,} by {self.modules}"


def main() -> None:
    """Measure, and print how the times compare, round by round."""
    with private_server() as server:
        asyncio.run(_compare(server))


async def _compare(server: URL) -> None:
    async with AsyncExitStack() as stack:
        small, wide, large = [
            await stack.enter_async_context(_installation(server, tenants, modules))
            for tenants, modules in ((10, 5), (10, 50), (1000, 50))
        ]
        for subject, act, one, other in (
            ("what is open to a tenant that has 5", _read_open, small, large),
            ("subscriptions of a tenant that has 5", _list_subscriptions, small, large),
            ("modules, as a tenant that has 5", _modules_as(HAS_FIVE), wide, large),
            ("modules, as a tenant that has all", _modules_as(HAS_ALL), wide, large),
            ("modules, where there are ten times as many", _modules_as(HAS_ALL), small, large),
        ):
            _tell(subject, one, other, await _alternate(act, one, other))
        await _explain(large)


async def _alternate(act: Act, one: Installation, other: Installation) -> list[tuple[float, ...]]:
    rounds = []
    for number in range(ROUNDS + 1):
        turns = (one, other) if number % 2 else (other, one)
        took = {str(installation): await _measure(act, installation) for installation in turns}
        rounds.append((took[str(one)], took[str(other)]))
    return rounds[1:]


async def _measure(act: Act, installation: Installation) -> float:
    """Return how many seconds it takes, the median of a round."""
    took = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        await act(installation)
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def _tell(
    subject: str, one: Installation, other: Installation, pairs: list[tuple[float, ...]]
) -> None:
    ratios = sorted(long / short for short, long in pairs)
    short, long = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
    click.echo(
        f"{subject}: {short:.0f} µs in {one}, {long:.0f} µs in {other};"
        f" ratio {statistics.median(ratios):.2f}, in {ROUNDS} rounds {ratios[0]:.2f} to"
        f" {ratios[-1]:.2f}"
    )


@asynccontextmanager
async def _installation(server: URL, tenants: int, modules: int) -> AsyncIterator[Installation]:
    """Yield an application on a database of its own."""
    script = SQL.format(tenants=tenants, modules=modules, person=PERSON, session=SESSION)
    url = await filled_database(server, f"with_{tenants}_{modules}", script)
    settings = Settings(
        database_url=url.render_as_string(hide_password=False), jwt_secret=SECRET, db_pool_size=1
    )
    tokens = AccessTokens(settings.signing_keys, lifetime_seconds=3600)
    token = tokens.issue(PERSON, SESSION, until=datetime.now(UTC) + timedelta(hours=1)).text
    app = create_app(settings)
    database = Database(url, pool_size=1)
    async with app.lifespan():
        yield Installation(tenants, modules, app, database, token)
    await database.dispose()


async def _read_open(installation: Installation) -> None:
    """Read what is open to a tenant, as a worker does that knows nothing of it."""
    async with installation.database.platform_scope(reason="bench") as session:
        tenant_id = await session.scalar(select(Tenant.id).where(Tenant.name == HAS_FIVE))
        await open_modules(session, tenant_id)


async def _list_subscriptions(installation: Installation) -> None:
    path = f"/api/v1/tenants/{HAS_FIVE}/subscriptions"
    await ask(installation.app, path, token=installation.token, tenant=HAS_FIVE)


def _modules_as(tenant: str) -> Act:
    async def list_modules(installation: Installation) -> None:
        await ask(installation.app, "/api/v1/modules", token=installation.token, tenant=tenant)

    return list_modules


async def _explain(installation: Installation) -> None:
    """Print how what belongs to one tenant is found among all."""
    async with installation.database.platform_scope(reason="bench") as session:
        for table in (Entitlement, TenantModule, Subscription, Phase):
            own = select(table).where(table.tenant_id == PERSON)
            compiled = own.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
            plan = await session.scalars(text(f"EXPLAIN {compiled}"))
            click.echo(f"{table.__tablename__}: {plan.first()}")


if __name__ == "__main__":
    main()
