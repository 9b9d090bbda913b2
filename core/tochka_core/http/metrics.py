"""`/metrics`, for Prometheus."""

import hmac
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from tochka_plugins import ANONYMOUS, NotAuthenticated, NotFound, problems

from tochka_core.access.cache import Cache
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

    @get(
        summary="Measurements for Prometheus",
        media_type=CONTENT_TYPE_LATEST,
        responses=problems(NotAuthenticated, NotFound),
    )
    async def metrics(
        self,
        request: Request[Any, Any, Any],
        access_cache: NamedDependency[Cache],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Return each module's state, how long its judgement took, and how this worker decides.

        Asks for `Authorization: Bearer` with `TOCHKA_METRICS_TOKEN`; is not there without one.
        """
        if not settings.metrics_token:
            raise NotFound(NOTHING_HERE)
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {settings.metrics_token}".encode()):
            raise NotAuthenticated("Send TOCHKA_METRICS_TOKEN: Authorization: Bearer …")
        registry = CollectorRegistry()
        await _measure_modules(database, registry)
        _measure_access(access_cache, registry)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _measure_modules(database: Database, registry: CollectorRegistry) -> None:
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


def _measure_access(cache: Cache, registry: CollectorRegistry) -> None:
    listening = Gauge(
        "tochka_access_cache_listening",
        "1 while this worker hears of changes, 0 while it asks the database with each request",
        registry=registry,
    )
    lookups = Counter(
        "tochka_access_cache_lookups",
        "How often this worker knew what access depends on, and how often it had to ask",
        ["result"],
        registry=registry,
    )
    listening.set(cache.is_listening)
    lookups.labels("hit").inc(cache.hits)
    lookups.labels("miss").inc(cache.misses)
