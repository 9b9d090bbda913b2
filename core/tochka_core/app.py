"""The application: the only place that knows all parts and puts them together.

A request goes through them from the outside in:

    request id → last resort → time for its body → trusted proxies → route
    → access control → short way → handler, the core's or a module's

What they work with, and how it is made, is in `tochka_core.wiring`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from litestar import Litestar, Router
from litestar._asgi.utils import wrap_in_exception_handler
from litestar.config.response_cache import ResponseCacheConfig
from litestar.di import Provide
from tochka_plugins.host import StagedModule

from tochka_core.domains.proofs import ProofFinder
from tochka_core.http.access import cache_key
from tochka_core.http.body import JsonRequest, refuse_nul
from tochka_core.http.body_timeout import BodyTimeout
from tochka_core.http.closed_structs import ClosedStructs
from tochka_core.http.dependencies import public_dependencies
from tochka_core.http.last_resort import LastResort
from tochka_core.http.mounting import let_gate_ask, mount, mount_absent
from tochka_core.http.openapi import openapi_config
from tochka_core.http.openapi_documents import Documents
from tochka_core.http.openapi_parts import describe_core, describe_module
from tochka_core.http.problems import problem_details
from tochka_core.http.proxies import TrustedProxies
from tochka_core.http.refusals import refusals_of
from tochka_core.http.request_id import RequestId
from tochka_core.http.resolving import resolve_one_by_one
from tochka_core.http.routing import Routing
from tochka_core.http.short_way import short_way
from tochka_core.module_settings.reading import SettingsReader
from tochka_core.settings import Settings
from tochka_core.wiring.gate import access_control
from tochka_core.wiring.lifespan import lifespan_of
from tochka_core.wiring.routes import core_routes
from tochka_core.wiring.shared import Shared, share


def create_app(
    settings: Settings,
    modules: Sequence[StagedModule] = (),
    *,
    absent: Collection[str] = (),
    proofs: ProofFinder | None = None,
) -> Litestar:
    """Return the application that serves the core and *modules*, in the order of dependencies.

    The modules named in *absent* should be among them, but could not be loaded: they answer 503.
    Domains are proven by *proofs*, or else by asking the name servers that *settings* name.
    Nothing is read from the environment and nothing is opened before the application starts.

    Raises:
        ConfigurationError: `DATABASE_URL` or `JWT_SECRET` is missing.
    """
    return build_app(share(settings, modules, absent), absent=absent, proofs=proofs)


def build_app(
    shared: Shared, *, absent: Collection[str] = (), proofs: ProofFinder | None = None
) -> Litestar:
    """Return the application of which *shared* are the parts, as `create_app` does."""
    settings, modules = shared.settings, shared.modules
    make_routes = partial(core_routes, shared, proofs or ProofFinder(servers=settings.name_servers))
    dependencies = public_dependencies(
        shared.database,
        SettingsReader(shared.cache, shared.settings_catalog, shared.ring),
        shared.neighbourhood,
    )
    app = Litestar(
        route_handlers=[make_routes(), *map(mount, modules), *map(mount_absent, absent)],
        request_class=JsonRequest,
        dependencies=dependencies,
        middleware=[access_control(shared), short_way],
        before_request=refuse_nul,
        request_max_body_size=settings.max_body_bytes,
        plugins=[problem_details(refusals_of(modules)), ClosedStructs()],
        lifespan=[lifespan_of(shared)],
        openapi_config=openapi_config(_documents(make_routes, modules, dependencies), shared.cache),
        response_cache_config=ResponseCacheConfig(key_builder=cache_key),
        logging_config=None,
    )
    let_gate_ask(app)
    resolve_one_by_one(app)
    inner = TrustedProxies(wrap_in_exception_handler(Routing(app)), settings.proxy_networks)
    app.asgi_handler = RequestId(LastResort(BodyTimeout(inner)))
    return app


def _documents(
    make_routes: Callable[[], Router],
    modules: Sequence[StagedModule],
    dependencies: Mapping[str, Provide],
) -> Documents:
    """Return what describes the core and each module, when it is asked for."""
    return Documents(
        partial(describe_core, make_routes, dependencies),
        {module.name: partial(describe_module, module, dependencies) for module in modules},
    )
