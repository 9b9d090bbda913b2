"""`/health/live` and `/health/ready`."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Literal

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.response import Response
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from tochka_plugins import ANONYMOUS, Unavailable
from tochka_plugins.host import Phase

from tochka_core.access.cache import Cache
from tochka_core.db import Database
from tochka_core.registry.health import CheckReport, ModuleHealth
from tochka_core.registry.models import State
from tochka_core.registry.services import list_modules, modules_in_use

_PATIENCE_SECONDS: Final = 2.0
"""Less than balancers wait; who waits longer for a connection had better ask another worker."""


class Live(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["live"] = "live"


class ModuleReadiness(msgspec.Struct, frozen=True):
    """A module's part in the readiness report."""

    name: str
    state: State | Literal["stopped"]
    """What the last judgement says, or `stopped`: its start-up in this process has failed."""
    phase: Phase | None
    reason: str | None
    blocked_by: str | None
    checks: Sequence[CheckReport] = ()
    """What it says of itself; only where it serves and some tenant has enabled it."""


class Readiness(msgspec.Struct, frozen=True):
    """Whether the platform can serve, and what each module is up to."""

    status: Literal["ready", "unavailable"]
    database: Literal["ready", "unavailable"]
    access_cache: Literal["listening", "bypassed"]
    """Whether this worker hears of changes, or asks the database with each request."""
    modules: list[ModuleReadiness]


_NOT_READY: Final = {
    HTTP_503_SERVICE_UNAVAILABLE: ResponseSpec(Readiness, description="The database is away")
}


class HealthController(Controller):
    """What a load balancer asks."""

    path = "/health"
    tags = ["health"]  # noqa: RUF012 - the name and type are Litestar's
    opt = ANONYMOUS

    @get("/live", summary="Is the process alive")
    async def live(self) -> Live:
        """Answer as long as the process can."""
        return Live()

    @get("/ready", responses=_NOT_READY, summary="Can the platform serve")
    async def ready(
        self,
        access_cache: NamedDependency[Cache],
        database: NamedDependency[Database],
        module_health: NamedDependency[ModuleHealth],
        stopped_modules: NamedDependency[AbstractSet[str]],
    ) -> Response[Readiness]:
        """Answer 200 when the database is there, 503 when it is not, or is not to be had soon.

        A quarantined module is reported and does not make the platform unready: the rest serves.
        Nor does one of whose checks fails: others, or other workers, would be no better off. Nor
        does a cache that is bypassed: all is served, at the price of a few queries.
        """
        cache: Literal["listening", "bypassed"] = (
            "listening" if access_cache.is_listening else "bypassed"
        )
        try:
            async with (
                asyncio.timeout(_PATIENCE_SECONDS),
                database.platform_scope(reason="readiness") as session,
            ):
                found, used = await list_modules(session), await modules_in_use(session)
        except (Unavailable, TimeoutError):
            report = Readiness("unavailable", "unavailable", cache, [])
            return Response(report, status_code=HTTP_503_SERVICE_UNAVAILABLE)
        # Not before: a check may need the connection.
        checks = await module_health.report(
            {item.name for item in found if item.state == "ready" and item.name in used}
        )
        modules = [
            ModuleReadiness(
                item.name,
                "stopped" if item.name in stopped_modules else item.state,
                item.phase,
                item.reason,
                item.blocked_by,
                checks.get(item.name, ()),
            )
            for item in found
        ]
        return Response(Readiness("ready", "ready", cache, modules), status_code=HTTP_200_OK)
