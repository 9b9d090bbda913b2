"""`/metrics`, for Prometheus."""

import hmac
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from tochka_plugins import ANONYMOUS, NotAuthenticated, NotFound

from tochka_core.db import Database
from tochka_core.http.problems import NOTHING_HERE
from tochka_core.registry.last_judgement import read_last_judgement
from tochka_core.registry.services import list_modules
from tochka_core.settings import Settings


class MetricsController(Controller):
    """What a monitoring system reads."""

    path = "/metrics"
    tags = ["health"]  # noqa: RUF012 - the name and type are Litestar's
    opt = ANONYMOUS

    @get(summary="Measurements for Prometheus", media_type=CONTENT_TYPE_LATEST)
    async def metrics(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Return each module's state, and how long the last judgement took over it.

        Asks for `Authorization: Bearer` with `TOCHKA_METRICS_TOKEN`; is not there without one.
        """
        if not settings.metrics_token:
            raise NotFound(NOTHING_HERE)
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {settings.metrics_token}".encode()):
            raise NotAuthenticated("Send TOCHKA_METRICS_TOKEN: Authorization: Bearer …")
        return Response(await _measure(database), media_type=CONTENT_TYPE_LATEST)


async def _measure(database: Database) -> bytes:
    registry = CollectorRegistry()
    states = Gauge(
        "tochka_module_state",
        "1 for the state that the module is in",
        ["module", "state"],
        registry=registry,
    )
    seconds = Gauge(
        "tochka_module_judgement_seconds",
        "How long the last judgement took over the module",
        ["module", "phase"],
        registry=registry,
    )
    async with database.platform_scope(reason="metrics") as session:
        for module in await list_modules(session):
            states.labels(module.name, module.state).set(1)
        last = await read_last_judgement(session)
    for ready in last.ready if last else ():
        for phase, value in ready.seconds.items():
            seconds.labels(ready.name, phase).set(value)
    return generate_latest(registry)
