"""What a check works with: one module, and those that it needs, on a database to be thrown away."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final

import httpx
from litestar import Litestar
from litestar.types import Scope
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine
from tochka_migrations import Target
from tochka_plugins.host import Assembly, Phase, StagedModule
from tochka_plugins.host.quarantine import reason_of
from tochka_plugins.schemas import schema_of

from tochka_core.app import build_app
from tochka_core.conformance.people import Population
from tochka_core.conformance.routes import ModuleRoute, routes_of
from tochka_core.conformance.rows import Rows, rows_of
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.http.in_process import concurrent_client
from tochka_core.registry.targets import module_targets
from tochka_core.settings import Settings
from tochka_core.wiring.shared import share

PATIENCE_SECONDS: Final = 30.0
"""How long a request may take: whoever sent it has long given up."""

_PLENTY: Final = 1_000_000
_NO_TIME: Final[Mapping[Phase, float]] = MappingProxyType({})


class Bench:
    """The module under test, in an application that serves it."""

    def __init__(
        self,
        settings: Settings,
        modules: Sequence[StagedModule],
        name: str,
        *,
        engine: AsyncEngine,
        seconds: Mapping[Phase, float],
    ) -> None:
        """Look at *name*, one of *modules*; *seconds* is what its judgement took."""
        self.settings = settings
        self.modules = modules
        self.module = next(module for module in modules if module.name == name)
        self.engine = engine
        self.seconds = seconds
        self.shared = share(settings, modules)
        self.database = self.shared.database
        self.app: Litestar = build_app(self.shared)
        self.mistakes: list[str] = []
        """What handlers have raised that is no answer, and where, the latest last."""
        self.app.after_exception.append(self._remember)
        self.client: httpx.AsyncClient
        self.people: Population

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.module.name

    @property
    def target(self) -> Target | None:
        """What is migrated for the module; `None` where it brings no revisions."""
        targets = module_targets(Assembly((self.module,), ()))
        return targets[0] if targets else None

    @property
    def routes(self) -> Sequence[ModuleRoute]:
        """The routes of the module."""
        return routes_of(self.app, self.name)

    async def rows_of(self, tenant: str) -> Rows:
        """Return what the module, and those that it needs, keep for a tenant."""
        schemas = [schema_of(module.name) for module in self.modules]
        async with self.database.platform_scope(reason="conformance") as session:
            return await rows_of(session, self.people.tenant_id(tenant), schemas=schemas)

    async def document(self) -> Mapping[str, Any]:
        """Return what the OpenAPI document says of the module's own paths."""
        master = await self.people.master()
        whole = await self.people.ask("GET", "/schema/openapi.json", headers=master.at())
        own = {route.path for route in self.routes}
        paths = {path: item for path, item in whole["paths"].items() if path in own}
        return {**whole, "paths": paths}

    def reason(self, error: BaseException) -> str:
        """Return in a line what was raised, and where in the module's own code."""
        return reason_of(error, package=self.module.candidate.package)

    async def _remember(self, error: Exception, _scope: Scope) -> None:
        self.mistakes.append(self.reason(error))


@asynccontextmanager
async def set_up(
    settings: Settings,
    modules: Sequence[StagedModule],
    name: str,
    *,
    seconds: Mapping[Phase, float] = _NO_TIME,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[Bench]:
    """Yield the bench of *name*, one of *modules*, all ready in the database of *settings*.

    A request may take *patience_seconds*.
    """
    async with maintenance_engine(settings.engine_url) as engine:
        bench = Bench(_unhurried(settings), modules, name, engine=engine, seconds=seconds)
        answering = concurrent_client(bench.app, patience_seconds=patience_seconds)
        async with answering as client:
            bench.client = client
            bench.people = Population(client, bench.database)
            await _open_to_all(bench, bench.modules)
            yield bench


def _unhurried(settings: Settings) -> Settings:
    """Return *settings* in which nobody has to wait for another try."""
    return replace(
        settings,
        bcrypt_cost=4,
        db_pool_size=5,
        log_messages=True,
        login_tries=_PLENTY,
        login_tries_per_address=_PLENTY,
        registrations_per_address=_PLENTY,
        messages_per_address=_PLENTY,
    )


async def _open_to_all(bench: Bench, modules: Collection[StagedModule]) -> None:
    """Let any tenant enable *modules*, also what is private or sold."""
    master = await bench.people.master()
    for module in modules:
        path = f"/api/v1/modules/{module.name}"
        wanted = {"availability": "open"}
        await bench.people.ask("PATCH", path, json=wanted, headers=master.at())
